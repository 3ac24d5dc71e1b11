-- Events saved together with the state they tell about, until the log has them.
CREATE TABLE outbox (
    id {{serial_key}},
    event {{bytes}} NOT NULL
);

-- How far each consumer has read the log: the offset it wants next.
CREATE TABLE offsets (
    consumer TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);
