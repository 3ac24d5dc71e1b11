-- Days on which shoppers checked in, each with the streak it made.
CREATE TABLE check_ins (
    play_id TEXT NOT NULL,
    shopper_id TEXT NOT NULL,
    -- Days since 1970-01-01 in the shop's zone.
    day BIGINT NOT NULL,
    streak BIGINT NOT NULL,
    points BIGINT NOT NULL,
    made_up BIGINT NOT NULL,
    checked_in_at BIGINT NOT NULL,
    PRIMARY KEY (play_id, shopper_id, day)
);
CREATE INDEX check_ins_latest ON check_ins (play_id, checked_in_at);
