-- Letters, by state: what is due, and what a registrar must act on.
CREATE TABLE IF NOT EXISTS notification_list (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    application_id text GENERATED ALWAYS AS (document ->> 'application_id') STORED,
    state text GENERATED ALWAYS AS (document ->> 'state') STORED,
    due_at text GENERATED ALWAYS AS (document ->> 'due_at') STORED
);
CREATE INDEX IF NOT EXISTS notification_list_due ON notification_list (due_at, key)
    WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS notification_list_case ON notification_list (application_id, key);
CREATE INDEX IF NOT EXISTS notification_list_state ON notification_list (state, key);
