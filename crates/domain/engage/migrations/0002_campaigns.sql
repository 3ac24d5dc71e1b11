-- Campaigns: how each stands, and which version holds. The salt decides, with the person, who is held out.
CREATE TABLE campaigns (
    campaign_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    published BIGINT,
    state TEXT NOT NULL,
    why TEXT,
    salt TEXT NOT NULL,
    -- Whether its offers and plays are still to be published, or withdrawn once it is closed.
    pieces_due BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    published_at BIGINT,
    closed_at BIGINT
);

-- Every version a campaign ever had.
CREATE TABLE campaign_versions (
    campaign_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    terms TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (campaign_id, version)
);

-- Everything that was done with a campaign, by whom and why; with the gates' evidence where it was published.
CREATE TABLE campaign_history (
    campaign_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT,
    version BIGINT NOT NULL,
    gates TEXT,
    PRIMARY KEY (campaign_id, number)
);

-- Who met a campaign, and was treated or held out: a row for each key of the person, written once and never changed.
CREATE TABLE campaign_assignments (
    campaign_id TEXT NOT NULL,
    shopper_key TEXT NOT NULL,
    -- The key by which the person was assigned: the first of all keys, in order.
    person_key TEXT NOT NULL,
    arm TEXT NOT NULL,
    assigned_at BIGINT NOT NULL,
    -- What they met: an offer, a play, or the question whether they may take part.
    met TEXT NOT NULL,
    PRIMARY KEY (shopper_key, campaign_id)
);
CREATE INDEX campaign_assignments_page ON campaign_assignments (campaign_id, shopper_key);

-- The figures of closed campaigns, as they were then.
CREATE TABLE campaign_reviews (
    campaign_id TEXT PRIMARY KEY,
    review TEXT NOT NULL,
    closed_at BIGINT NOT NULL
);
