-- The ledgers of a service's two logs: tiles and signed checkpoints. Run by the role `migrate` in the
-- schema `ledger` of the service's database, as the owner; safe to repeat. {app} reads, {relay} seals.
-- A tile only ever grows at its end, until it is full; a checkpoint stays as it is, for ever.

CREATE TABLE IF NOT EXISTS tile (
    log    text     COLLATE "C" NOT NULL CHECK (log IN ('log', 'access')),
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number bigint   NOT NULL CHECK (number >= 0),
    data   bytea    NOT NULL
        CHECK (octet_length(data) BETWEEN 32 AND 8192 AND octet_length(data) % 32 = 0),
    PRIMARY KEY (log, level, number)
);
ALTER TABLE tile ALTER COLUMN data SET STORAGE EXTERNAL; -- hashes do not compress
COMMENT ON TABLE tile IS 'C2SP tlog-tiles of height 8; the last of a level is partial';
COMMENT ON COLUMN tile.log IS 'The schema of the log: log or access';

CREATE TABLE IF NOT EXISTS checkpoint (
    log       text        COLLATE "C" NOT NULL CHECK (log IN ('log', 'access')),
    size      bigint      NOT NULL CHECK (size >= 0),
    note      bytea       NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (log, size)
);
COMMENT ON TABLE checkpoint IS 'C2SP tlog-checkpoint: every one that was signed, one for each size';

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a ledger only grows', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
REVOKE ALL ON FUNCTION refuse_change FROM PUBLIC;

CREATE OR REPLACE TRIGGER keep_rows BEFORE DELETE ON tile
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER keep_beginning BEFORE UPDATE ON tile
    FOR EACH ROW WHEN (
        (NEW.log, NEW.level, NEW.number) IS DISTINCT FROM (OLD.log, OLD.level, OLD.number)
        OR octet_length(NEW.data) <= octet_length(OLD.data)
        OR substring(NEW.data FOR octet_length(OLD.data)) <> OLD.data
    ) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON tile
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON checkpoint
    EXECUTE FUNCTION refuse_change();

ALTER TABLE tile ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_beginning,
    ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;

GRANT USAGE ON SCHEMA ledger TO {app}, {relay};
GRANT SELECT ON tile, checkpoint TO {app};
GRANT SELECT, INSERT ON tile, checkpoint TO {relay};
GRANT UPDATE (data) ON tile TO {relay};
