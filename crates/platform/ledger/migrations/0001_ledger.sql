-- Everything scarce, as balances. Changed by one writer at a time, under one lock.
CREATE TABLE ledger_accounts (
    account BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Most that may be in it, reservations included; none if null.
    ceiling BIGINT,
    balance BIGINT NOT NULL,
    -- Reserved to leave it and to come into it.
    held_out BIGINT NOT NULL,
    held_in BIGINT NOT NULL
);

-- What happened, one row for each leg of a command. Never changed.
CREATE TABLE ledger_transfers (
    id BIGINT PRIMARY KEY,
    idempotency_key TEXT NOT NULL,
    leg BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    what BIGINT NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    -- The leg it settles or reverses, the lot it ends.
    of_id BIGINT,
    at BIGINT NOT NULL,
    deadline BIGINT,
    opens_at BIGINT,
    expires_at BIGINT,
    -- By how much it changed which lots, as JSON: [[lot, change], …].
    lots TEXT,
    UNIQUE (idempotency_key, leg)
);
CREATE INDEX ledger_transfers_of ON ledger_transfers (of_id) WHERE of_id IS NOT NULL;

-- Reservations that are still open.
CREATE TABLE ledger_holds (
    idempotency_key TEXT PRIMARY KEY,
    deadline BIGINT NOT NULL
);
CREATE INDEX ledger_holds_deadline ON ledger_holds (deadline);

-- What is left of each amount that came in with a date to open or to expire, numbered by the leg it came with.
CREATE TABLE ledger_lots (
    lot BIGINT PRIMARY KEY,
    account BIGINT NOT NULL,
    opens_at BIGINT,
    expires_at BIGINT,
    remaining BIGINT NOT NULL
);
CREATE INDEX ledger_lots_account ON ledger_lots (account) WHERE remaining > 0;
CREATE INDEX ledger_lots_expiry ON ledger_lots (expires_at) WHERE remaining > 0;
