-- Offers by their latest version, and which version is published, if any.
CREATE TABLE offers (
    offer_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    published BIGINT,
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Every version an offer ever had. Quotes and orders name the one they used.
CREATE TABLE offer_versions (
    offer_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    terms TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (offer_id, version)
);

-- What was checked when a version was published, and what was found.
CREATE TABLE offer_publications (
    offer_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    gates TEXT NOT NULL,
    PRIMARY KEY (offer_id, version, published_at)
);

-- How offers compete.
CREATE TABLE offer_groups (
    group_name TEXT PRIMARY KEY,
    terms TEXT NOT NULL
);

-- Coupon codes. How often one may be used; without end if null. What was used of it stands in the ledger.
CREATE TABLE offer_codes (
    code TEXT PRIMARY KEY,
    offer_id TEXT NOT NULL,
    most_uses BIGINT
);
CREATE INDEX offer_codes_offer ON offer_codes (offer_id);

-- Requests for codes by idempotency key, and how many of them are made.
CREATE TABLE offer_code_batches (
    idempotency_key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    made BIGINT NOT NULL
);

-- Offers in use: reserved with an order, redeemed with its payment, given back.
CREATE TABLE redemptions (
    redemption_id TEXT PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    shopper_id TEXT,
    order_id TEXT,
    quote TEXT NOT NULL,
    -- What each leg of its reservation in the ledger stands for.
    uses TEXT NOT NULL,
    reserved_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL
);
CREATE INDEX redemptions_order ON redemptions (order_id);

-- What became of them. Each step once.
CREATE TABLE redemption_steps (
    redemption_id TEXT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, step)
);

-- Goods that came back, in the order they did.
CREATE TABLE redemption_returns (
    redemption_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    lines TEXT NOT NULL,
    refund_minor BIGINT NOT NULL,
    returned_at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, number)
);
