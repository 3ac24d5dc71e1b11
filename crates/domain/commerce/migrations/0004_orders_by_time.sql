-- Orders of a time are asked for page by page.
CREATE INDEX orders_placed ON orders (placed_at, order_id);
