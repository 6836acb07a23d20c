-- How far each output of the relay is. Run by the role `migrate` in the schema `relay` of the
-- service's database, safe to repeat. `<service>_relay` writes here and nowhere else.

CREATE TABLE IF NOT EXISTS checkpoint (
    output   text        PRIMARY KEY,
    position bigint      NOT NULL DEFAULT 0 CHECK (position >= 0),
    epoch    bigint      NOT NULL DEFAULT 0, -- raised by each leader; an older one is fenced
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
