-- Every word said about an order. An order is what its facts add up to, in whatever order they arrived.
CREATE TABLE order_facts (
    order_id TEXT NOT NULL,
    fact_key TEXT NOT NULL,
    fact TEXT NOT NULL,
    PRIMARY KEY (order_id, fact_key)
);

CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    shopper_id TEXT,
    anonymous_id TEXT,
    status TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    currency TEXT,
    revenue_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    shipping_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    coupon TEXT,
    channel TEXT,
    campaign TEXT,
    source_id TEXT NOT NULL,
    lines BIGINT NOT NULL,
    units BIGINT NOT NULL
);

CREATE TABLE order_lines (
    order_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    product_id TEXT,
    variant TEXT,
    name TEXT,
    category TEXT,
    quantity BIGINT NOT NULL,
    unit_price_minor BIGINT,
    discount_minor BIGINT NOT NULL,
    revenue_minor BIGINT NOT NULL,
    refunded_quantity BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    currency TEXT,
    placed_at BIGINT NOT NULL,
    shopper_id TEXT,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE refunds (
    order_id TEXT NOT NULL,
    refund_id TEXT NOT NULL,
    refunded_at BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    units BIGINT NOT NULL,
    currency TEXT,
    shopper_id TEXT,
    PRIMARY KEY (order_id, refund_id)
);

-- What an order was last set to through the API, so that the same content again changes nothing.
CREATE TABLE order_puts (
    order_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    content TEXT NOT NULL
);

-- Refunds asked for through the API by idempotency key: the same request again gets the same answer.
CREATE TABLE refund_requests (
    idempotency_key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    answer TEXT NOT NULL
);
