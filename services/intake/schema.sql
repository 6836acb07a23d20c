-- What the lists of intake are read from. Instants are RFC 3339 text in UTC with six decimals, so
-- their order as text (COLLATE "C") is their order in time.

CREATE TABLE IF NOT EXISTS applications (
    key text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text
        GENERATED ALWAYS AS (document #>> '{application,organisation_number}') STORED,
    status text GENERATED ALWAYS AS (document #>> '{application,status}') STORED,
    round_id text GENERATED ALWAYS AS (document #>> '{application,round_id}') STORED,
    screener_id text GENERATED ALWAYS AS (document #>> '{application,screener_id}') STORED,
    registered_at text COLLATE "C"
        GENERATED ALWAYS AS (document #>> '{application,registered_at}') STORED
);
CREATE INDEX IF NOT EXISTS applications_registered ON applications (registered_at, key);
CREATE INDEX IF NOT EXISTS applications_organisation
    ON applications (organisation_number, registered_at, key);
CREATE INDEX IF NOT EXISTS applications_round ON applications (round_id, registered_at, key);

CREATE TABLE IF NOT EXISTS rounds (
    key text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    code text GENERATED ALWAYS AS (document ->> 'code') STORED,
    kind text GENERATED ALWAYS AS (document ->> 'kind') STORED,
    status text GENERATED ALWAYS AS (document ->> 'status') STORED,
    opens_on text COLLATE "C" GENERATED ALWAYS AS (document ->> 'opens_on') STORED,
    deadline_at text COLLATE "C" GENERATED ALWAYS AS (document ->> 'deadline_at') STORED
);
CREATE INDEX IF NOT EXISTS rounds_opens ON rounds (opens_on, key);

CREATE TABLE IF NOT EXISTS groups (
    key text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    round_id text GENERATED ALWAYS AS (document ->> 'round_id') STORED,
    formed_at text COLLATE "C" GENERATED ALWAYS AS (document ->> 'formed_at') STORED
);
CREATE INDEX IF NOT EXISTS groups_formed ON groups (formed_at, key);
CREATE INDEX IF NOT EXISTS groups_members ON groups USING gin ((document -> 'members') jsonb_path_ops);

CREATE TABLE IF NOT EXISTS invoices (
    key text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    number bigint GENERATED ALWAYS AS ((document ->> 'number')::bigint) STORED,
    organisation_number text GENERATED ALWAYS AS (document ->> 'organisation_number') STORED,
    application_id text GENERATED ALWAYS AS (document ->> 'application_id') STORED
);
CREATE INDEX IF NOT EXISTS invoices_number ON invoices (number);
CREATE INDEX IF NOT EXISTS invoices_application ON invoices (application_id, number);
