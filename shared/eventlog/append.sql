-- The functions of one log. They may be replaced at any time; the tables they write stay.

-- Append a batch (docs/event-log.md, section 3). Arguments, all arrays:
--   c_*  the commands: id, digest of the request, index (from 1) of its last event in e_*
--   e_*  the events, command by command: index of its command in c_*, stream, version, leaf
--   s_*  the sealed values: index of its event in e_*, field, key, salt and value encrypted
-- One row per command, in their order:
--   accepted   position and version of its last event
--   repeated   the same, of the first time (L4)
--   reused     the id is known with another digest (L4)
--   moved      the version at which a stream of the command really is (L2)
--   untimely   a record's time is too far from the database's clock (L6)
-- Every look-up by index is a scalar subquery: a join or `= ANY` would let a cached generic plan
-- read the whole table.
CREATE OR REPLACE FUNCTION {schema}.append(
    c_id uuid[], c_digest uuid[], c_last integer[],
    e_command integer[], e_stream text[], e_version integer[], e_leaf bytea[],
    s_event integer[], s_field text[], s_key uuid[], s_sealed bytea[]
) RETURNS TABLE (outcome text, at_pos bigint, at_version integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    head       bigint;
    skew       interval;
    stamp      timestamptz;
    fresh      boolean;
    true_told  boolean;
    fit        boolean;
    erasing    boolean;
    verdict    text[];
    place      bigint[];
    stand      integer[];
    accepted   boolean[];
BEGIN
    -- A statement of its own: the next one gets a snapshot from after the lock.
    SELECT h.pos, h.skew_max_ms * interval '1 millisecond' INTO STRICT head, skew
      FROM {schema}.log_head h FOR UPDATE;
    stamp := clock_timestamp();

    SELECT coalesce(bool_and((SELECT k.pos FROM {schema}.command k WHERE k.id = c.id) IS NULL), false)
      INTO fresh
      FROM unnest(c_id) AS c (id);

    -- What a row says beside its leaf is what the leaf says: nobody can disguise a record (L6), nor write
    -- one that cannot be sealed: a version is a number, and every record has a case.
    SELECT bool_and(coalesce(
               told.stream = e.stream AND told.version::text = e.version::text
               AND told.correlation_id IS NOT NULL
               AND told.command_id = c_id[e.command] AND told.recorded_at IS NOT NULL
               AND e.command >= coalesce(e_command[e.n - 1], 1), false)),
           bool_and(
               (skew IS NULL OR told.recorded_at BETWEEN stamp - skew AND stamp + skew)
               AND CASE WHEN e_command[e.n - 1] = e.command AND e_stream[e.n - 1] = e.stream
                        THEN e.version = e_version[e.n - 1] + 1
                        ELSE e.version = 1 + coalesce((SELECT v.version FROM {schema}.event v
                                                        WHERE v.stream = e.stream
                                                        ORDER BY v.version DESC LIMIT 1), 0) END),
           bool_or(starts_with(e.stream, 'erasure-'))
      INTO true_told, fit, erasing
      FROM unnest(e_command, e_stream, e_version, e_leaf)
               WITH ORDINALITY AS e (command, stream, version, leaf, n),
           LATERAL json_to_record(convert_from(e.leaf, 'UTF8')::json) AS told (
               stream text, version json, command_id uuid, correlation_id uuid,
               recorded_at timestamptz);

    IF true_told IS NOT TRUE OR EXISTS (
        SELECT FROM unnest(c_last) WITH ORDINALITY AS c (last, n)
         WHERE e_command[c.last] IS DISTINCT FROM c.n
            OR e_command[c.last + 1] IS NOT DISTINCT FROM c.n)
    THEN
        RAISE EXCEPTION 'the arguments do not fit together, or not with the records'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- What was erased is said by whoever may erase (section 8): here the current user is the owner,
    -- and the session's is who connected. No role of a service is a member of the owner.
    IF erasing AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'L6: % may not record an erasure: that is for `erase`', session_user
            USING ERRCODE = 'insufficient_privilege';
    END IF;

    IF fresh AND fit THEN
        INSERT INTO {schema}.event (pos, version, appended_at, stream, leaf)
        SELECT head + e.n, e.version, stamp, e.stream, e.leaf
          FROM unnest(e_version, e_stream, e_leaf) WITH ORDINALITY AS e (version, stream, leaf, n);

        INSERT INTO {schema}.command (id, digest, pos)
        SELECT c.id, c.digest, head + c.last FROM unnest(c_id, c_digest, c_last) AS c (id, digest, last);

        IF s_event IS NOT NULL THEN
            INSERT INTO {schema}.sealed_value (stream, version, field, key_id, sealed)
            SELECT e_stream[s.event], e_version[s.event], s.field, s.key, s.sealed
              FROM unnest(s_event, s_field, s_key, s_sealed) AS s (event, field, key, sealed);
        END IF;

        UPDATE {schema}.log_head AS h SET pos = head + cardinality(e_leaf);
        PERFORM pg_notify('{schema}_appended', (head + cardinality(e_leaf))::text);
        RETURN QUERY
            SELECT 'accepted', head + c.last, e_version[c.last]
              FROM unnest(c_last) WITH ORDINALITY AS c (last, n) ORDER BY c.n;
        RETURN;
    END IF;

    -- Some are turned down: judge each command, then do the same for those that are accepted.
    SELECT array_agg(j.outcome ORDER BY j.n), array_agg(j.pos ORDER BY j.n),
           array_agg(j.version ORDER BY j.n), array_agg(j.outcome = 'accepted' ORDER BY j.n)
      INTO verdict, place, stand, accepted
      FROM (
        SELECT c.n, known.pos,
               CASE WHEN known.pos IS NULL THEN judged.stands_at
                    ELSE (SELECT v.version FROM {schema}.event v WHERE v.pos = known.pos) END,
               CASE WHEN known.pos IS NOT NULL AND known.digest IS DISTINCT FROM c.digest THEN 'reused'
                    WHEN known.pos IS NOT NULL THEN 'repeated'
                    WHEN judged.stands_at IS NOT NULL THEN 'moved'
                    WHEN NOT judged.timely THEN 'untimely'
                    ELSE 'accepted' END
          FROM unnest(c_id, c_digest) WITH ORDINALITY AS c (id, digest, n)
          JOIN (
            SELECT e.command,
                   bool_and(skew IS NULL OR told.recorded_at BETWEEN stamp - skew AND stamp + skew),
                   min(e.stands_at) FILTER (WHERE e.version <> e.stands_at + 1)
              FROM (
                SELECT w.command, w.version, w.leaf,
                       CASE WHEN e_command[w.n - 1] = w.command AND e_stream[w.n - 1] = w.stream
                            THEN e_version[w.n - 1]
                            ELSE coalesce((SELECT v.version FROM {schema}.event v
                                            WHERE v.stream = w.stream
                                            ORDER BY v.version DESC LIMIT 1), 0) END
                  FROM unnest(e_command, e_stream, e_version, e_leaf)
                           WITH ORDINALITY AS w (command, stream, version, leaf, n)
              ) AS e (command, version, leaf, stands_at),
              LATERAL json_to_record(convert_from(e.leaf, 'UTF8')::json) AS told (recorded_at timestamptz)
             GROUP BY e.command
          ) AS judged (command, timely, stands_at) ON judged.command = c.n
          LEFT JOIN LATERAL (
            SELECT k.pos, k.digest FROM {schema}.command k WHERE k.id = c.id LIMIT 1
          ) AS known ON true
      ) AS j (n, pos, version, outcome);

    INSERT INTO {schema}.event (pos, version, appended_at, stream, leaf)
    SELECT head + row_number() OVER (ORDER BY e.n), e.version, stamp, e.stream, e.leaf
      FROM unnest(e_command, e_version, e_stream, e_leaf)
               WITH ORDINALITY AS e (command, version, stream, leaf, n)
     WHERE accepted[e.command];

    INSERT INTO {schema}.command (id, digest, pos)
    SELECT c.id, c.digest, (SELECT v.pos FROM {schema}.event v
                             WHERE v.stream = e_stream[c.last] AND v.version = e_version[c.last])
      FROM unnest(c_id, c_digest, c_last) WITH ORDINALITY AS c (id, digest, last, n)
     WHERE accepted[c.n];

    IF s_event IS NOT NULL THEN
        INSERT INTO {schema}.sealed_value (stream, version, field, key_id, sealed)
        SELECT e_stream[s.event], e_version[s.event], s.field, s.key, s.sealed
          FROM unnest(s_event, s_field, s_key, s_sealed) AS s (event, field, key, sealed)
         WHERE accepted[e_command[s.event]];
    END IF;

    IF true = ANY (accepted) THEN
        SELECT head + count(*) INTO head FROM unnest(e_command) AS e (command)
         WHERE accepted[e.command];
        UPDATE {schema}.log_head AS h SET pos = head;
        PERFORM pg_notify('{schema}_appended', head::text);
    END IF;
    RETURN QUERY
        SELECT verdict[c.n],
               CASE WHEN accepted[c.n] THEN (SELECT k.pos FROM {schema}.command k WHERE k.id = c.id)
                    ELSE place[c.n] END,
               CASE WHEN accepted[c.n] THEN e_version[c.last] ELSE stand[c.n] END
          FROM unnest(c_id, c_last) WITH ORDINALITY AS c (id, last, n) ORDER BY c.n;
END $$;

-- The key of a subject: the one that is there, or else the fresh one, which then is there.
CREATE OR REPLACE FUNCTION {schema}.key_of(for_subject text, fresh_id uuid, fresh_wrapped bytea)
RETURNS TABLE (key_id uuid, key_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOOP -- the one that was there may be erased between the two statements
        INSERT INTO {schema}.vault_key (id, subject, wrapped)
        VALUES (fresh_id, for_subject, fresh_wrapped) ON CONFLICT (subject) DO NOTHING;
        RETURN QUERY SELECT k.id, k.wrapped FROM {schema}.vault_key k WHERE k.subject = for_subject;
        EXIT WHEN FOUND;
    END LOOP;
END $$;

-- Erase what is sealed about a subject, and its key; return how many values that were. The owner's
-- right, and nobody else's (section 8). Safe to repeat.
CREATE OR REPLACE FUNCTION {schema}.erase(for_subject text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    erased bigint;
BEGIN
    -- Locked first: no value can be sealed with this key any more.
    PERFORM FROM {schema}.vault_key k WHERE k.subject = for_subject FOR UPDATE;
    DELETE FROM {schema}.sealed_value s USING {schema}.vault_key k
     WHERE s.key_id = k.id AND k.subject = for_subject;
    GET DIAGNOSTICS erased = ROW_COUNT;
    DELETE FROM {schema}.vault_key k WHERE k.subject = for_subject;
    RETURN erased;
END $$;

REVOKE ALL ON FUNCTION {schema}.append, {schema}.key_of, {schema}.erase, {schema}.refuse_change
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.append, {schema}.key_of TO {app};
