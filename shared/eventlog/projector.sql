-- What views need besides their own tables: how far each one is, and the swap of a new version.
-- {schema}: the service's schema; {owner}, {app}: its roles. Run by the role `migrate`, safe to repeat.

CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner};
-- Where a new version of a view is built beside the old one, under the same names.
CREATE SCHEMA IF NOT EXISTS {schema}_next AUTHORIZATION {owner};

CREATE TABLE IF NOT EXISTS {schema}.view_state (
    name text NOT NULL,
    place text NOT NULL CHECK (place IN ('live', 'next')),
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    -- The event that the view could not take, and the kind of error; null while it runs.
    stopped_position bigint,
    stopped_reason text,
    PRIMARY KEY (name, place)
);
ALTER TABLE {schema}.view_state OWNER TO {owner};

-- The application may say how far a view is, but which version is live is changed by the swap alone.
CREATE OR REPLACE FUNCTION {schema}.swap_view(view_name text, view_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms' -- readers must not queue behind a swap that has to wait
AS $$
DECLARE
    building {schema}.view_state;
    live_position bigint;
BEGIN
    -- Same order as the projector: the rows of the state first, then the table.
    SELECT position INTO live_position FROM {schema}.view_state
        WHERE name = view_name AND place = 'live' FOR UPDATE;
    SELECT * INTO building FROM {schema}.view_state
        WHERE name = view_name AND place = 'next' AND version = view_version FOR UPDATE;
    IF NOT FOUND OR building.stopped_position IS NOT NULL
       OR building.position < coalesce(live_position, 0) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS {schema}.%I', view_name);
    EXECUTE format('ALTER TABLE {schema}_next.%I SET SCHEMA {schema}', view_name);
    DELETE FROM {schema}.view_state WHERE name = view_name AND place = 'live';
    UPDATE {schema}.view_state SET place = 'live' WHERE name = view_name AND place = 'next';
    RETURN true;
END
$$;
ALTER FUNCTION {schema}.swap_view(text, integer) OWNER TO {owner};
REVOKE ALL ON FUNCTION {schema}.swap_view(text, integer) FROM PUBLIC;
