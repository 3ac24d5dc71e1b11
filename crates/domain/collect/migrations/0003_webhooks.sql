-- How the webhooks of a source's shop platform are known to be its own.
CREATE TABLE source_webhooks (
    source_id TEXT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    secret TEXT NOT NULL,
    set_at BIGINT NOT NULL
);
