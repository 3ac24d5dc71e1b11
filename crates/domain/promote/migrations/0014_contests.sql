-- What is kept of a contest beside its run: on which campaign its prizes count, and how it was settled.
CREATE TABLE contest_boards (
    run_id TEXT PRIMARY KEY,
    -- The campaign whose budget its prizes are kept in, from the first who took part.
    campaign TEXT,
    settled_at BIGINT,
    ranked BIGINT,
    -- The SHA-256 of the final standings.
    digest TEXT
);

-- Who takes part, numbered from 1 in the order they joined. The score is what was counted last.
CREATE TABLE contest_entrants (
    run_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    -- in, left, excluded, double (the person takes part under an earlier number) or erased.
    state TEXT NOT NULL,
    left_at BIGINT,
    excluded_at BIGINT,
    excluded_by TEXT,
    reason TEXT,
    -- The score below zero, so that the board's order is ascending in all it is ordered by.
    minus_score BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,
    -- Once it is settled.
    place BIGINT,
    coupon_id TEXT,
    PRIMARY KEY (run_id, number)
);
CREATE UNIQUE INDEX contest_entrants_shopper ON contest_entrants (run_id, shopper_id);
CREATE INDEX contest_entrants_board ON contest_entrants (run_id, state, minus_score, reached_at, number);
CREATE INDEX contest_entrants_place ON contest_entrants (run_id, place) WHERE place IS NOT NULL;

-- What contests count: votes for an entry, and what a shopper opened of a play.
CREATE INDEX votes_entry ON votes (play_id, entry_id, cast_at);
CREATE INDEX play_runs_shopper ON play_runs (shopper_id, play_id);
