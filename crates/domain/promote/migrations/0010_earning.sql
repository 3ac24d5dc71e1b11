-- What earns points beside orders, in the versions it had: each is in force from its moment until the next.
CREATE TABLE earning_rules (
    rule_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    since BIGINT NOT NULL,
    terms TEXT NOT NULL,
    PRIMARY KEY (rule_id, version)
);

-- Points that were given for what shoppers did: each fact once, in the commit of the ledger that gave them.
CREATE TABLE points_given (
    gift TEXT PRIMARY KEY,
    rule_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    points BIGINT NOT NULL,
    event TEXT NOT NULL,
    message_id TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX points_given_shopper ON points_given (shopper_id, given_at, gift);

-- Those that were taken back, because the fact is none any more.
CREATE TABLE points_taken_back (
    gift TEXT PRIMARY KEY,
    taken_at BIGINT NOT NULL
);
