-- On which campaign an offer or a play's price counts, for the order that used it, and what is paid for that order.
ALTER TABLE redemption_offers ADD COLUMN campaign_id TEXT;
ALTER TABLE redemption_offers ADD COLUMN payable_minor BIGINT;
CREATE INDEX redemption_offers_campaign ON redemption_offers (campaign_id, redemption_id);
