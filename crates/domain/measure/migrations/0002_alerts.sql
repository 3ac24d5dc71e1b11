-- Targets. The terms are JSON.
CREATE TABLE goals (
    goal_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Figures that are watched. Terms and state are JSON. `due_at` is when it is checked next; none while it is switched off.
CREATE TABLE alerts (
    alert_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    terms TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT,
    checked_at BIGINT,
    -- Why the last check came to nothing, if it did.
    fault TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX alerts_by_due ON alerts (due_at);

-- Each time one was raised. What was found is JSON.
CREATE TABLE alert_raisings (
    raising_id TEXT PRIMARY KEY,
    alert_id TEXT NOT NULL,
    alert_name TEXT NOT NULL,
    found TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    resolved_at BIGINT,
    acknowledged_at BIGINT,
    acknowledged_by TEXT
);
CREATE INDEX alert_raisings_by_alert ON alert_raisings (alert_id);

-- E-mails that are to be sent, kept until the mail server has taken them or will never do so.
CREATE TABLE reporting_mails (
    mail_id TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Why it was not sent and never will be.
    failed TEXT
);
CREATE INDEX reporting_mails_by_due ON reporting_mails (due_at);
