-- For how many days events of a name are kept; the empty name stands for all that have no row. No number keeps them for ever.
CREATE TABLE data_retention (
    event TEXT PRIMARY KEY,
    days BIGINT,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL
);
-- What was forgotten when: the evidence that it was.
CREATE TABLE data_retention_runs (
    run_id {{serial_key}},
    begun_at BIGINT NOT NULL,
    ended_at BIGINT,
    -- Since when events were to be kept, as JSON.
    kept TEXT NOT NULL,
    events BIGINT,
    error TEXT
);
