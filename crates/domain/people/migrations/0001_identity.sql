-- Two identifiers that were seen together, by one kind of call from one source. Kept for ever: who is who follows from it.
CREATE TABLE identity_evidence (
    -- A digest of the two identifiers, the call and the source: together they may be too long for a key.
    evidence_key TEXT PRIMARY KEY,
    a_kind TEXT NOT NULL,
    a_value TEXT NOT NULL,
    b_kind TEXT NOT NULL,
    b_value TEXT NOT NULL,
    call TEXT NOT NULL,
    source_id TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    times BIGINT NOT NULL
);

-- What operators say, as JSON. A decision taken back is gone.
CREATE TABLE identity_decisions (
    decision_id TEXT PRIMARY KEY,
    decision TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    note TEXT
);

-- The audit: shopper keys that went from one person to another, and why. The keys are a JSON list, cause and path JSON.
CREATE TABLE identity_merges (
    merge_id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    from_person TEXT NOT NULL,
    to_person TEXT NOT NULL,
    keys TEXT NOT NULL,
    cause TEXT NOT NULL,
    path TEXT NOT NULL
);
CREATE INDEX identity_merges_from ON identity_merges (from_person, merge_id);
CREATE INDEX identity_merges_to ON identity_merges (to_person, merge_id);

-- What is held until somebody looks: shared identifiers and storms.
CREATE TABLE identity_reviews (
    reason TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    size BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (reason, kind, value)
);

-- One row: the policy in force, as JSON; none while it is the one the program comes with.
CREATE TABLE identity_policy (
    policy_id BIGINT PRIMARY KEY,
    policy TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
