-- What shoppers' requests to plays were answered, by the key that names each.
CREATE TABLE play_requests (
    idempotency_key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    answer TEXT NOT NULL
);

-- Helps with bargains, numbered from 1 in each.
CREATE TABLE bargain_helps (
    run_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    cut_minor BIGINT NOT NULL,
    helped_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, number)
);
