-- The mirror of every log: the exact bytes as they came, kept by place. It only ever grows.
CREATE TABLE IF NOT EXISTS mirror (
    log text NOT NULL,
    position bigint NOT NULL CHECK (position >= 1),
    leaf bytea NOT NULL,
    hash text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    cases uuid[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (log, position)
);
CREATE UNIQUE INDEX IF NOT EXISTS mirror_stream ON mirror (log, stream, version);
CREATE INDEX IF NOT EXISTS mirror_cases ON mirror USING gin (cases);

CREATE OR REPLACE FUNCTION mirror_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the mirror is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER mirror_rows BEFORE UPDATE OR DELETE ON mirror
    FOR EACH ROW EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_whole BEFORE TRUNCATE ON mirror
    FOR EACH STATEMENT EXECUTE FUNCTION mirror_never_changes();
ALTER TABLE mirror ENABLE ALWAYS TRIGGER mirror_rows;
ALTER TABLE mirror ENABLE ALWAYS TRIGGER mirror_whole;

CREATE TABLE IF NOT EXISTS finding_list (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL
);
