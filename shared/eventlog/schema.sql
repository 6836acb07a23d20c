-- One log: its tables, guards and rights. {schema} is `log` (the events) or `access` (section 9 of
-- docs/event-log.md): the same thing twice. {app} and {relay} are the roles that services use; the
-- owner runs this text and cannot log in.

CREATE TABLE {schema}.event (
    pos         bigint      PRIMARY KEY,
    version     integer     NOT NULL CHECK (version > 0),
    appended_at timestamptz NOT NULL,
    stream      text        COLLATE "C" NOT NULL CHECK (length(stream) BETWEEN 1 AND 200),
    leaf        bytea       NOT NULL CHECK (octet_length(leaf) BETWEEN 1 AND 65535),
    UNIQUE (stream, version)
);
COMMENT ON TABLE {schema}.event IS
    'The records: exact bytes, in commit order, without gaps (L2, L3, L7)';
COMMENT ON COLUMN {schema}.event.appended_at IS 'Stamped by the database (L6)';

CREATE TABLE {schema}.command (
    id     uuid   PRIMARY KEY,
    digest uuid,
    pos    bigint NOT NULL
);
COMMENT ON TABLE {schema}.command IS 'What each command led to (L4)';
COMMENT ON COLUMN {schema}.command.pos IS 'Position of the command''s last event';

CREATE TABLE {schema}.log_head (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    name        text    NOT NULL,
    pos         bigint  NOT NULL DEFAULT 0,
    skew_max_ms integer CHECK (skew_max_ms > 0)
) WITH (fillfactor = 10);
COMMENT ON TABLE {schema}.log_head IS 'One row; who appends holds it, so positions are dense (L3)';
COMMENT ON COLUMN {schema}.log_head.skew_max_ms IS
    'How far a record''s time may be from the database''s; null for simulated time only (L6)';

CREATE TABLE {schema}.vault_key (
    id         uuid        PRIMARY KEY,
    subject    text        COLLATE "C" NOT NULL UNIQUE CHECK (length(subject) BETWEEN 1 AND 200),
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE {schema}.vault_key IS 'The key of each subject, wrapped by the master key';

CREATE TABLE {schema}.sealed_value (
    stream  text    COLLATE "C" NOT NULL,
    version integer NOT NULL,
    field   text    COLLATE "C" NOT NULL,
    key_id  uuid    NOT NULL REFERENCES {schema}.vault_key,
    sealed  bytea   NOT NULL,
    PRIMARY KEY (stream, version, field)
);
CREATE INDEX ON {schema}.sealed_value (key_id);
COMMENT ON TABLE {schema}.sealed_value IS 'What sealed fields held: salt and value, encrypted (L11)';

-- L6: nobody changes history, the owner's own mistakes included. ALWAYS: a default trigger would
-- be skipped under session_replication_role = replica.

CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'L6: % of % is refused: history does not change', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON {schema}.event
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON {schema}.command
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE ON {schema}.log_head
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_forward BEFORE UPDATE ON {schema}.log_head
    FOR EACH ROW WHEN (NEW.pos < OLD.pos OR NEW.name <> OLD.name)
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_rows BEFORE UPDATE ON {schema}.vault_key
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_rows BEFORE UPDATE ON {schema}.sealed_value
    FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();

CREATE TRIGGER keep_all BEFORE TRUNCATE ON {schema}.event
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON {schema}.command
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON {schema}.log_head
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON {schema}.vault_key
    EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON {schema}.sealed_value
    EXECUTE FUNCTION {schema}.refuse_change();

ALTER TABLE {schema}.event ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE {schema}.command ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE {schema}.log_head ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all,
    ENABLE ALWAYS TRIGGER keep_forward;
ALTER TABLE {schema}.vault_key ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE {schema}.sealed_value ENABLE ALWAYS TRIGGER keep_rows, ENABLE ALWAYS TRIGGER keep_all;

-- For people: what a record says, column by column. Programs read the leaf.

CREATE VIEW {schema}.record AS
SELECT e.pos, e.appended_at, told.*
  FROM {schema}.event e,
       LATERAL jsonb_to_record(convert_from(e.leaf, 'UTF8')::jsonb) AS told (
           log text, stream text, version integer, type text, "schema" integer,
           recorded_at timestamptz, effective_at timestamptz, actor jsonb, data jsonb,
           event_id uuid, command_id uuid, correlation_id uuid, causation_id uuid,
           traceparent text, previous text, policy text, scheme text);

GRANT USAGE ON SCHEMA {schema} TO {app}, {relay};
GRANT SELECT ON {schema}.event, {schema}.command, {schema}.log_head, {schema}.record,
    {schema}.vault_key, {schema}.sealed_value TO {app};
GRANT SELECT ON {schema}.event, {schema}.log_head, {schema}.record TO {relay};
