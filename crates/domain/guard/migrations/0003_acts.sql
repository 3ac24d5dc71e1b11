-- What came of an act: 0 while that is not known, the HTTP status once it is; none where the entry was saved together with what it tells of.
ALTER TABLE audit_log ADD COLUMN status BIGINT;
-- The id of the request, as it stands in the log of the program.
ALTER TABLE audit_log ADD COLUMN request_id TEXT;
