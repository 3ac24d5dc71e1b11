-- Who took a decision; null for those taken before this was kept.
ALTER TABLE identity_decisions ADD COLUMN decided_by TEXT;
