-- The tables of the views of certificates. Instants are RFC 3339 text in UTC with six decimals,
-- whose order is that of time.
CREATE TABLE IF NOT EXISTS register (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    number text COLLATE "C" GENERATED ALWAYS AS (document -> 'issued' ->> 'number') STORED,
    organisation_number text COLLATE "C"
        GENERATED ALWAYS AS (document -> 'issued' ->> 'organisation_number') STORED,
    listed boolean GENERATED ALWAYS AS ((document ->> 'listed')::boolean) STORED,
    from_at text COLLATE "C" GENERATED ALWAYS AS (document -> 'validity' ->> 'from_at') STORED,
    until_at text COLLATE "C" GENERATED ALWAYS AS (document -> 'validity' ->> 'until_at') STORED
);
CREATE UNIQUE INDEX IF NOT EXISTS register_number ON register (number);
CREATE INDEX IF NOT EXISTS register_organisation ON register (organisation_number, number);
CREATE INDEX IF NOT EXISTS register_listed ON register (number) WHERE listed;
CREATE INDEX IF NOT EXISTS register_validity ON register (until_at, from_at);

CREATE TABLE IF NOT EXISTS holding (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text COLLATE "C"
        GENERATED ALWAYS AS (document ->> 'organisation_number') STORED
);
CREATE INDEX IF NOT EXISTS holding_organisation ON holding (organisation_number, key);
