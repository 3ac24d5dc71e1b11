-- Reports that are due again and again. The terms are JSON. `due_at` is when one is made next; none while it is switched off.
CREATE TABLE report_plans (
    plan_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    terms TEXT NOT NULL,
    due_at BIGINT,
    made_at BIGINT,
    -- Why the last could not be made, if it could not.
    fault TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX report_plans_by_due ON report_plans (due_at);

-- Reports that were made. What they say is JSON, in both languages.
CREATE TABLE reports (
    report_id TEXT PRIMARY KEY,
    plan_id TEXT,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX reports_by_made ON reports (made_at);

-- The report that an e-mail brings, as HTML and as PDF.
ALTER TABLE reporting_mails ADD COLUMN report_id TEXT;
