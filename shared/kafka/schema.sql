-- What a consumer knows about itself: how far it is in each stream, and what it could not apply.
-- Run by the role `migrate` in the schema `consumer` of the service's database, safe to repeat.

-- The version of each stream whose effect is durable. Only ever grows.
CREATE TABLE IF NOT EXISTS progress (
    consumer text    NOT NULL,
    topic    text    NOT NULL,
    stream   text    NOT NULL,
    version  integer NOT NULL CHECK (version >= 0),
    PRIMARY KEY (consumer, topic, stream)
);

-- A stream is parked while it has an unsettled row here. Rows are settled, never removed.
CREATE TABLE IF NOT EXISTS parked (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer    text        NOT NULL,
    topic       text        NOT NULL,
    stream      text        NOT NULL,
    version     integer,             -- null where it could not be read
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    key         bytea,
    leaf        bytea,
    headers     jsonb       NOT NULL, -- pairs of name and value, the value hexadecimal
    code        text        NOT NULL CHECK (code IN ('unreadable', 'gap', 'failed', 'behind')),
    reason      text        NOT NULL,
    parked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at  timestamptz,
    settled_as  text        CHECK (settled_as IN ('applied', 'repeat', 'discarded')),
    settled_by  text,
    settled_why text,
    CHECK (num_nulls(settled_at, settled_as, settled_by, settled_why) IN (0, 4))
);
CREATE UNIQUE INDEX IF NOT EXISTS parked_once
    ON parked (consumer, topic, partition, "offset") WHERE settled_at IS NULL;
CREATE INDEX IF NOT EXISTS parked_streams
    ON parked (consumer, topic, stream) WHERE settled_at IS NULL;
CREATE INDEX IF NOT EXISTS parked_discarded
    ON parked (consumer, topic, stream) WHERE settled_as = 'discarded';
