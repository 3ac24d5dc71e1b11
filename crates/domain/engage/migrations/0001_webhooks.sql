-- Who is told of events by HTTP.
CREATE TABLE webhooks (
    webhook_id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Names of events, or the beginning of names and `*`, as JSON.
    events TEXT NOT NULL,
    -- Whether what others send by a write key is told too.
    clients_too BIGINT NOT NULL,
    secret TEXT NOT NULL,
    -- The secret before, with which messages are signed too until that moment.
    secret_before TEXT,
    secret_before_until BIGINT,
    paused_at BIGINT,
    paused_why TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What is to be told to whom, and what came of it.
CREATE TABLE webhook_deliveries (
    id {{serial_key}},
    webhook_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    -- 0 waits, 1 was delivered, 2 is a dead letter.
    state BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    -- The last attempt: when, what was answered, what went wrong, how long it took.
    tried_at BIGINT,
    status BIGINT,
    error TEXT,
    took_ms BIGINT
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, state, due_at);
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (state, tried_at);
