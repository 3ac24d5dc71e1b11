-- On which campaign an offer or a play's price counts, for the order that used it.
ALTER TABLE redemption_offers ADD COLUMN campaign_id TEXT;
CREATE INDEX redemption_offers_campaign ON redemption_offers (campaign_id, redemption_id);
