-- Write keys that were replaced and are good for a while longer.
CREATE TABLE source_old_keys (
    write_key TEXT PRIMARY KEY,
    source_id TEXT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX source_old_keys_source ON source_old_keys (source_id);
