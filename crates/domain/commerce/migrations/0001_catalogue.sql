-- What the shop sells, as its events and its operators last said.
CREATE TABLE products (
    product_id TEXT PRIMARY KEY,
    name TEXT,
    category TEXT,
    brand TEXT,
    price_minor BIGINT,
    currency TEXT,
    image_url TEXT,
    url TEXT,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- When each field was last said, as a JSON list of microseconds: an older word never replaces a newer one.
    said_at TEXT NOT NULL
);

CREATE TABLE product_variants (
    product_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    sku TEXT,
    price_minor BIGINT,
    currency TEXT,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (product_id, variant)
);

-- One row for each change of price, in force until the next.
CREATE TABLE price_history (
    product_id TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (product_id, changed_at)
);

-- Events about products or orders that could not be understood, and why.
CREATE TABLE commerce_rejections (
    log_offset BIGINT PRIMARY KEY,
    source_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    event TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
