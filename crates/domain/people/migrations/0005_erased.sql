-- Shopper keys that were erased, by digest: what came with them before `until` (an offset of the log), or happened before
-- `erased_at`, is never counted again.
CREATE TABLE people_erased (
    key_digest TEXT NOT NULL,
    until BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    erased_by TEXT,
    PRIMARY KEY (key_digest, until)
);
CREATE INDEX people_erased_by_time ON people_erased (erased_at, key_digest);
