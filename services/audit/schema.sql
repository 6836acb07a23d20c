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

-- What a history is asked for by: a key is a facet and its value (views/facets.py). Each key drives
-- a history in either order of time, and any other key is looked up at the same place: ranges of an
-- index, however much there is. Rank is the place of the log's service in the process; it tells apart
-- what happened at once. Who had which part in a case (views/parts.py) is listed beside it.
--
-- The index is made from the mirror's own records: what was there before it is waiting in
-- mirror_unlisted, and a worker lists it. An older worker, which would not list what it keeps, cannot
-- keep anything from then on. To make the index again: drop mirror_facet and mirror_part, then migrate.
DO $$ BEGIN
    IF to_regclass('mirror_facet') IS NOT NULL AND to_regclass('mirror_part') IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE mirror IN SHARE ROW EXCLUSIVE MODE;
    DROP TABLE IF EXISTS mirror_case, mirror_facet, mirror_part, mirror_unlisted;
    CREATE TABLE mirror_facet (
        key uuid NOT NULL,
        recorded_at timestamptz NOT NULL,
        effective_at timestamptz NOT NULL,
        rank smallint NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (key, recorded_at, rank, position)
    );
    CREATE UNIQUE INDEX mirror_facet_effective
        ON mirror_facet (key, effective_at, rank, position);
    CREATE TABLE mirror_part (
        case_id uuid NOT NULL,
        person uuid NOT NULL,
        part text NOT NULL,
        begins boolean NOT NULL,
        at timestamptz NOT NULL,
        rank smallint NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (case_id, begins, person, part, at, rank, position)
    );
    CREATE UNIQUE INDEX mirror_part_person
        ON mirror_part (person, begins, case_id, part, at, rank, position);
    CREATE TABLE mirror_unlisted (
        log text NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (log, position)
    );
    INSERT INTO mirror_unlisted (log, position) SELECT log, position FROM mirror;
END $$;

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
CREATE OR REPLACE TRIGGER mirror_facet_rows BEFORE UPDATE OR DELETE ON mirror_facet
    FOR EACH ROW EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_facet_whole BEFORE TRUNCATE ON mirror_facet
    FOR EACH STATEMENT EXECUTE FUNCTION mirror_never_changes();
ALTER TABLE mirror_facet ENABLE ALWAYS TRIGGER mirror_facet_rows;
ALTER TABLE mirror_facet ENABLE ALWAYS TRIGGER mirror_facet_whole;
CREATE OR REPLACE TRIGGER mirror_part_rows BEFORE UPDATE OR DELETE ON mirror_part
    FOR EACH ROW EXECUTE FUNCTION mirror_never_changes();
CREATE OR REPLACE TRIGGER mirror_part_whole BEFORE TRUNCATE ON mirror_part
    FOR EACH STATEMENT EXECUTE FUNCTION mirror_never_changes();
ALTER TABLE mirror_part ENABLE ALWAYS TRIGGER mirror_part_rows;
ALTER TABLE mirror_part ENABLE ALWAYS TRIGGER mirror_part_whole;

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

-- The witness. Its tiles, computed from the mirror, only grow at their ends; what it cosigned and
-- what speaks against a log stay for ever.
CREATE TABLE IF NOT EXISTS witness_tile (
    log text NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number bigint NOT NULL CHECK (number >= 0),
    data bytea NOT NULL
        CHECK (octet_length(data) BETWEEN 32 AND 8192 AND octet_length(data) % 32 = 0),
    PRIMARY KEY (log, level, number)
);
ALTER TABLE witness_tile ALTER COLUMN data SET STORAGE EXTERNAL; -- hashes do not compress
CREATE TABLE IF NOT EXISTS witness_checkpoint (
    log text NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    origin text NOT NULL,
    note bytea NOT NULL,
    cosigned_at timestamptz NOT NULL,
    PRIMARY KEY (log, size)
);
CREATE TABLE IF NOT EXISTS witness_evidence (
    finding_id uuid PRIMARY KEY,
    log text NOT NULL,
    document bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE OR REPLACE FUNCTION witness_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it only grows', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER keep_beginning BEFORE UPDATE ON witness_tile
    FOR EACH ROW WHEN (
        (NEW.log, NEW.level, NEW.number) IS DISTINCT FROM (OLD.log, OLD.level, OLD.number)
        OR octet_length(NEW.data) <= octet_length(OLD.data)
        OR substring(NEW.data FOR octet_length(OLD.data)) <> OLD.data
    ) EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_rows BEFORE DELETE ON witness_tile
    FOR EACH ROW EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON witness_tile
    FOR EACH STATEMENT EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON witness_checkpoint
    FOR EACH ROW EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON witness_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON witness_evidence
    FOR EACH ROW EXECUTE FUNCTION witness_only_grows();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON witness_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION witness_only_grows();
ALTER TABLE witness_tile ENABLE ALWAYS TRIGGER keep_beginning, ENABLE ALWAYS TRIGGER keep_rows,
    ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE witness_checkpoint ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE witness_evidence ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;
