CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    write_key TEXT NOT NULL UNIQUE,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sources_seen (
    source_id TEXT PRIMARY KEY,
    last_event_at BIGINT NOT NULL,
    events_total BIGINT NOT NULL
);

CREATE TABLE quarantine (
    id TEXT PRIMARY KEY,
    source_id TEXT NOT NULL,
    message_key TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    body TEXT NOT NULL,
    truncated BIGINT NOT NULL,
    UNIQUE (source_id, message_key)
);
CREATE INDEX quarantine_by_source ON quarantine (source_id, id);
