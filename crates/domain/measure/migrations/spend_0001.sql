-- What was paid for marketing: one row for each day, channel and campaign; no campaign is the empty text.
CREATE TABLE spend (
    day TEXT NOT NULL,
    channel TEXT NOT NULL,
    campaign TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    impressions BIGINT,
    clicks BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (day, channel, campaign)
);
