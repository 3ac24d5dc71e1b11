-- How a platform that is not known by name signs its webhooks, and what they tell: JSON; null for the others.
ALTER TABLE source_webhooks ADD COLUMN custom TEXT;
