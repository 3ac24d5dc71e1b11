-- The levels of the shop, in the versions they had: each is in force from its moment until the next.
CREATE TABLE ladders (
    version BIGINT PRIMARY KEY,
    since BIGINT NOT NULL,
    ladder TEXT NOT NULL
);

-- What shoppers grew by, and what of it was left from which moment on. Number 0 is the order as it was paid, or what was
-- given; those after it tell what is left after goods came back. Money that was paid has a currency, growth that was given none.
CREATE TABLE growth (
    source TEXT NOT NULL,
    number BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT,
    note TEXT,
    looked BIGINT NOT NULL,
    PRIMARY KEY (source, number)
);
CREATE INDEX growth_shopper ON growth (shopper_id, at);
CREATE INDEX growth_new ON growth (shopper_id, at) WHERE looked = 0;

-- Where shoppers stand, as it was decided last, and when that may change by itself.
CREATE TABLE level_standings (
    shopper_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    level TEXT,
    number BIGINT,
    since BIGINT,
    until BIGINT,
    decided BIGINT NOT NULL,
    due_at BIGINT
);
CREATE INDEX level_standings_due ON level_standings (due_at);
CREATE INDEX level_standings_version ON level_standings (version, shopper_id);
CREATE INDEX level_standings_level ON level_standings (level, shopper_id);
