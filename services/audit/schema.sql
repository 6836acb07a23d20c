-- The mirror of every log: the exact bytes as they came, kept by place. It only ever grows.
CREATE TABLE IF NOT EXISTS mirror (
    log text NOT NULL,
    position bigint NOT NULL CHECK (position >= 1),
    leaf bytea NOT NULL,
    hash text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (log, position)
);
CREATE UNIQUE INDEX IF NOT EXISTS mirror_stream ON mirror (log, stream, version);

-- Which records a case has, in the order in which its history is read: a page is a range of it.
-- Rank is the place of the log's service in the process; it tells apart what happened at once.
CREATE TABLE IF NOT EXISTS mirror_case (
    case_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    rank smallint NOT NULL,
    position bigint NOT NULL,
    log text NOT NULL,
    PRIMARY KEY (case_id, recorded_at, rank, position)
);

CREATE OR REPLACE FUNCTION mirror_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the mirror is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER mirror_rows BEFORE UPDATE OR DELETE ON mirror
    FOR EACH ROW EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_whole BEFORE TRUNCATE ON mirror
    FOR EACH STATEMENT EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_case_rows BEFORE UPDATE OR DELETE ON mirror_case
    FOR EACH ROW EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_case_whole BEFORE TRUNCATE ON mirror_case
    FOR EACH STATEMENT EXECUTE FUNCTION mirror_never_changes();
ALTER TABLE mirror ENABLE ALWAYS TRIGGER mirror_rows;
ALTER TABLE mirror ENABLE ALWAYS TRIGGER mirror_whole;
ALTER TABLE mirror_case ENABLE ALWAYS TRIGGER mirror_case_rows;
ALTER TABLE mirror_case ENABLE ALWAYS TRIGGER mirror_case_whole;

-- How far the watch has come: up to here every position is kept, or reported as a gap.
CREATE TABLE IF NOT EXISTS mirror_checked (
    log text PRIMARY KEY,
    position bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS mirror_gap (
    log text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL CHECK (last >= first),
    PRIMARY KEY (log, first)
);

-- What did not agree, in the order in which it was found.
CREATE TABLE IF NOT EXISTS finding_list (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS finding_list_position ON finding_list (position);
