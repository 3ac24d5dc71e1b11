-- From when on a key that was replaced opens nothing.
ALTER TABLE server_keys ADD COLUMN expires_at BIGINT;
