-- What the views of review keep: documents by key, and what the queries select by.
CREATE TABLE IF NOT EXISTS review_case (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text GENERATED ALWAYS AS (document ->> 'organisation_number') STORED
);
CREATE INDEX IF NOT EXISTS review_case_organisation ON review_case (organisation_number, key);

CREATE TABLE IF NOT EXISTS appointment_record (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    role text GENERATED ALWAYS AS (document ->> 'role') STORED
);
CREATE INDEX IF NOT EXISTS appointment_record_role ON appointment_record (role, key);

-- The records that the separation of duties is checked against (SOD-1, SOD-2, SOD-5).
CREATE TABLE IF NOT EXISTS case_record (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text GENERATED ALWAYS AS (document ->> 'organisation_number') STORED
);
CREATE INDEX IF NOT EXISTS case_record_organisation ON case_record (organisation_number);

CREATE TABLE IF NOT EXISTS tie_record (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text GENERATED ALWAYS AS (document ->> 'organisation_number') STORED
);
CREATE INDEX IF NOT EXISTS tie_record_organisation ON tie_record (organisation_number);

CREATE TABLE IF NOT EXISTS duty_record (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    organisation_number text GENERATED ALWAYS AS (document ->> 'organisation_number') STORED
);
CREATE INDEX IF NOT EXISTS duty_record_organisation ON duty_record (organisation_number);
