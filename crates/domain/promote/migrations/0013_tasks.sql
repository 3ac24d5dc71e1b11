-- Shoppers who took tasks on, each once in a period: a day of the shop, or the whole play.
CREATE TABLE task_runs (
    run_id TEXT PRIMARY KEY,
    play_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    shopper_id TEXT NOT NULL,
    day TEXT,
    joined_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL
);
CREATE INDEX task_runs_play ON task_runs (play_id, joined_at, run_id);
CREATE INDEX task_runs_shopper ON task_runs (shopper_id, closes_at);
CREATE INDEX task_runs_version ON task_runs (play_id, version);

-- What counted for a step, each fact once.
CREATE TABLE task_facts (
    run_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    fact TEXT NOT NULL,
    message_id TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, step_id, fact)
);

-- Steps that are done, and under no step the whole; with what was given, in the commit of the ledger that gave it.
CREATE TABLE task_done (
    run_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    given BIGINT NOT NULL,
    PRIMARY KEY (run_id, step_id)
);
