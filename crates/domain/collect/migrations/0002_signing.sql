-- By which the shop's own server vouches for shoppers of this source; null where it does not.
ALTER TABLE sources ADD COLUMN signing_secret TEXT;
