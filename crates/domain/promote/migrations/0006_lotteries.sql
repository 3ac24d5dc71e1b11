-- Draws of lotteries, each as its request came out.
CREATE TABLE lottery_draws (
    draw_id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    -- The key of the request: what the draw's number comes of, with the seed.
    request_key TEXT NOT NULL,
    roll BIGINT NOT NULL,
    prize_id TEXT,
    -- The prize that was drawn and of which nothing was left.
    missed TEXT,
    paid_with TEXT NOT NULL,
    drawn_at BIGINT NOT NULL
);
CREATE INDEX lottery_draws_run ON lottery_draws (run_id, draw_id);
CREATE INDEX lottery_draws_shopper ON lottery_draws (shopper_id, draw_id);

-- Goods that were won and claimed.
CREATE TABLE lottery_claims (
    draw_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    claimed_at BIGINT NOT NULL
);
