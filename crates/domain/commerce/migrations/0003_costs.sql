-- What a unit costs the shop.
ALTER TABLE products ADD COLUMN cost_minor BIGINT;

-- Who has bought before is asked whenever an offer is for first orders.
CREATE INDEX orders_shopper ON orders (shopper_id);
CREATE INDEX orders_anonymous ON orders (anonymous_id);
