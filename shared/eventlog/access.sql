-- What only the access log has: auditors ask for the entries of one case.

CREATE FUNCTION {schema}.case_of(leaf bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT convert_from(leaf, 'UTF8')::jsonb #>> '{data,case}' $$;

CREATE INDEX event_by_case ON {schema}.event ({schema}.case_of(leaf), pos);

REVOKE ALL ON FUNCTION {schema}.case_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.case_of TO {app};
