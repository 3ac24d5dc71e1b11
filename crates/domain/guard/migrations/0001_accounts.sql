CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE console_sessions (
    session_id TEXT PRIMARY KEY,
    token_hash {{bytes}} NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE INDEX console_sessions_by_account ON console_sessions (account_id);

CREATE TABLE server_keys (
    key_id TEXT PRIMARY KEY,
    secret_hash {{bytes}} NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    prefix TEXT,
    preset BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE TABLE audit_log (
    entry_id {{serial_key}},
    at BIGINT NOT NULL,
    actor_id TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT,
    detail TEXT,
    address TEXT
);
