-- When a write key that was replaced was last used since; null if nobody has.
ALTER TABLE source_old_keys ADD COLUMN last_used_at BIGINT;
