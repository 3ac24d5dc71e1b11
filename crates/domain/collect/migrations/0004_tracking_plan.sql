-- Every version of the tracking plan; the last is in force. A message in quarantine knows by which call it came.
CREATE TABLE tracking_plans (
    version BIGINT NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at BIGINT NOT NULL
);
ALTER TABLE quarantine ADD COLUMN arrived_by TEXT NOT NULL DEFAULT '';
