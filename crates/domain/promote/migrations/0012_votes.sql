-- What shoppers put up in a topic challenge. What the shop itself puts up stands in the play's rules.
CREATE TABLE vote_entries (
    entry_id TEXT PRIMARY KEY,
    play_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    title TEXT NOT NULL,
    about TEXT NOT NULL,
    image_url TEXT,
    entered_at BIGINT NOT NULL,
    -- waiting, shown or hidden.
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT
);
CREATE INDEX vote_entries_play ON vote_entries (play_id, entry_id);
CREATE INDEX vote_entries_shopper ON vote_entries (play_id, shopper_id);

-- Every vote, by the number it has among its voter's in that play.
CREATE TABLE votes (
    play_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    entry_id TEXT NOT NULL,
    -- Days since 1970-01-01 in the shop's zone.
    day BIGINT NOT NULL,
    points BIGINT NOT NULL,
    cast_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, shopper_id, number)
);

-- How many votes each has, and since when: of as many, who had them first comes first.
CREATE TABLE vote_counts (
    play_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    votes BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, entry_id)
);
CREATE INDEX vote_counts_most ON vote_counts (play_id, votes);
