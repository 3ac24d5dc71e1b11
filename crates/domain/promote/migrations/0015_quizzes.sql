-- Attempts of shoppers at a quiz: what each was asked, in which order, and which rewards are kept for it.
CREATE TABLE quiz_attempts (
    attempt_id TEXT PRIMARY KEY,
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    -- Days since 1970-01-01 in the shop's zone.
    day BIGINT NOT NULL,
    asked TEXT NOT NULL,
    promised TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL
);
CREATE INDEX quiz_attempts_play ON quiz_attempts (play_id, attempt_id);
CREATE INDEX quiz_attempts_shopper ON quiz_attempts (play_id, shopper_id);

-- What was answered, once for each attempt, with what was given, in the commit of the ledger that gave it.
CREATE TABLE quiz_answers (
    attempt_id TEXT PRIMARY KEY,
    play_id TEXT NOT NULL,
    chosen TEXT NOT NULL,
    correct BIGINT NOT NULL,
    -- For how many right answers the reward was; null for none.
    won BIGINT,
    given BIGINT NOT NULL,
    answered_at BIGINT NOT NULL
);
CREATE INDEX quiz_answers_play ON quiz_answers (play_id);

-- How each question was answered.
CREATE TABLE quiz_marks (
    attempt_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    play_id TEXT NOT NULL,
    correct BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, question_id)
);
CREATE INDEX quiz_marks_play ON quiz_marks (play_id, question_id);
