-- Plays by their latest version, and which version is published, if any.
CREATE TABLE plays (
    play_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    published BIGINT,
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Every version a play ever had. What was opened goes on by the version it was opened with.
CREATE TABLE play_versions (
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    terms TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, version)
);

-- What was checked when a version was published, and what was found.
CREATE TABLE play_publications (
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    gates TEXT NOT NULL,
    PRIMARY KEY (play_id, version, published_at)
);

-- What shoppers opened: group buys, bargains.
CREATE TABLE play_runs (
    run_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    -- What was chosen at opening, by the kind of play.
    detail TEXT NOT NULL
);
CREATE INDEX play_runs_play ON play_runs (play_id, run_id);
CREATE INDEX play_runs_kind ON play_runs (kind, run_id);

-- Orders that take part. Whether one was paid stands with its redemption, and in the ledger.
CREATE TABLE play_members (
    run_id TEXT NOT NULL,
    redemption_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    role TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, redemption_id)
);
CREATE INDEX play_members_redemption ON play_members (redemption_id);

-- How they ended, each once.
CREATE TABLE play_ends (
    run_id TEXT PRIMARY KEY,
    became TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- Those in flight, and when to look at each again.
CREATE TABLE play_due (
    run_id TEXT PRIMARY KEY,
    due_at BIGINT NOT NULL
);
CREATE INDEX play_due_at ON play_due (due_at);
