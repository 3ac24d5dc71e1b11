-- Redemptions of a sandbox touch no live limit and count nowhere.
ALTER TABLE redemptions ADD COLUMN sandbox TEXT;
CREATE INDEX redemptions_shopper ON redemptions (shopper_id);

-- What each offer took off an order, goods and freight, and how much of that a partner bears.
CREATE TABLE redemption_offers (
    redemption_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    off_minor BIGINT NOT NULL,
    partner TEXT,
    partner_minor BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, offer_id)
);
CREATE INDEX redemption_offers_offer ON redemption_offers (offer_id, redemption_id);

-- How much of that came back with goods.
CREATE TABLE redemption_offer_returns (
    redemption_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    offer_id TEXT NOT NULL,
    off_minor BIGINT NOT NULL,
    partner_minor BIGINT NOT NULL,
    returned_at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, number, offer_id)
);

-- Coupons in shoppers' wallets. Whether one is used stands in the ledger.
CREATE TABLE coupons (
    coupon_id TEXT PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    offer_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    opens_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX coupons_shopper ON coupons (shopper_id, received_at);
CREATE INDEX coupons_offer ON coupons (offer_id);

-- What points are worth and how they are earned; one row.
CREATE TABLE points_rule (
    rule_id BIGINT PRIMARY KEY,
    rule TEXT NOT NULL
);

-- By what links are signed; one row.
CREATE TABLE promote_secrets (
    name TEXT PRIMARY KEY,
    secret TEXT NOT NULL
);

-- Who wants to be reminded of which offer's beginning, and when.
CREATE TABLE flash_reminders (
    offer_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (offer_id, shopper_id)
);
CREATE INDEX flash_reminders_due ON flash_reminders (due_at);

-- The codes of an offer, page by page.
CREATE INDEX offer_codes_page ON offer_codes (offer_id, code);
DROP INDEX offer_codes_offer;
