-- Friends who accepted an invitation. Whose they are now follows from which invitations have ended.
CREATE TABLE assist_friends (
    run_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    play_id TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, shopper_id)
);
CREATE INDEX assist_friends_shopper ON assist_friends (shopper_id, play_id);

-- Orders of friends that count when goods can come back no more.
CREATE TABLE assist_due (
    redemption_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (redemption_id, run_id)
);
CREATE INDEX assist_due_at ON assist_due (due_at, redemption_id, run_id);
CREATE INDEX assist_due_run ON assist_due (run_id);

-- Friends who count, each once in a play; numbered from 1 in each invitation.
CREATE TABLE assist_activations (
    play_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    redemption_id TEXT,
    activated_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, shopper_id)
);
CREATE INDEX assist_activations_run ON assist_activations (run_id, number);

-- Rewards that were given, by how many friends they were for.
CREATE TABLE assist_rewards (
    run_id TEXT NOT NULL,
    friends BIGINT NOT NULL,
    coupon_id TEXT,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, friends)
);
