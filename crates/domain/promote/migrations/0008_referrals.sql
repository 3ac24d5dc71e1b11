-- Owners who answer for what a gate asks a person to decide, by version of a play.
CREATE TABLE play_sign_offs (
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    statement TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, version, account_id)
);

-- Who shares in a referral play, each under a short code.
CREATE TABLE sharers (
    sharer_id TEXT NOT NULL,
    play_id TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (sharer_id, play_id)
);
CREATE INDEX sharers_play ON sharers (play_id, sharer_id);

-- By whom shoppers were brought. Rows are added, never changed: whose a shopper is now follows from all of them.
CREATE TABLE referral_bindings (
    shopper_id TEXT NOT NULL,
    play_id TEXT NOT NULL,
    bound_at BIGINT NOT NULL,
    sharer_id TEXT NOT NULL,
    PRIMARY KEY (shopper_id, play_id, bound_at)
);
CREATE INDEX referral_bindings_sharer ON referral_bindings (sharer_id, bound_at);

-- What an order earned whoever brought its buyer, by level, and at which rate for each line.
CREATE TABLE commissions (
    redemption_id TEXT NOT NULL,
    level BIGINT NOT NULL,
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sharer_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    order_id TEXT,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    rates TEXT NOT NULL,
    paid_at BIGINT NOT NULL,
    opens_at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, level)
);
CREATE INDEX commissions_sharer ON commissions (sharer_id, redemption_id);

-- What of it was taken back with goods, or with the whole order.
CREATE TABLE commission_returns (
    redemption_id TEXT NOT NULL,
    level BIGINT NOT NULL,
    number BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, level, number)
);

-- Commission whose opening is still to be told.
CREATE TABLE commission_due (
    redemption_id TEXT PRIMARY KEY,
    due_at BIGINT NOT NULL
);
CREATE INDEX commission_due_at ON commission_due (due_at);

-- Commission that sharers want to be paid. What is set aside for it stands in the ledger.
CREATE TABLE withdrawals (
    withdrawal_id TEXT PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    payee TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL
);
CREATE INDEX withdrawals_shopper ON withdrawals (shopper_id, withdrawal_id);

-- What was decided of them, each once.
CREATE TABLE withdrawal_decisions (
    withdrawal_id TEXT PRIMARY KEY,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_at BIGINT NOT NULL
);
