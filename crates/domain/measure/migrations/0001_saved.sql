-- Questions that were saved with a name. The question is JSON of its kind, without days where `days` says how many.
CREATE TABLE saved_insights (
    insight_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    -- Whether others see it.
    shared BIGINT NOT NULL,
    kind TEXT NOT NULL,
    question TEXT NOT NULL,
    days BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Saved questions beside one another. The tiles are a JSON list, in the order in which they stand.
CREATE TABLE dashboards (
    dashboard_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    shared BIGINT NOT NULL,
    tiles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Which insights stand on which dashboards.
CREATE TABLE dashboard_tiles (
    dashboard_id TEXT NOT NULL,
    insight_id TEXT NOT NULL,
    PRIMARY KEY (dashboard_id, insight_id)
);
CREATE INDEX dashboard_tiles_by_insight ON dashboard_tiles (insight_id);

-- Links by which a dashboard is read without signing in. The link's token is signed with its own secret.
CREATE TABLE dashboard_shares (
    share_id TEXT PRIMARY KEY,
    dashboard_id TEXT NOT NULL,
    secret {{bytes}} NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX dashboard_shares_by_dashboard ON dashboard_shares (dashboard_id);
