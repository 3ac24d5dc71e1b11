-- Chunks are written a few at a time under the number of the save they belong to, and count once that save is the one
-- people_population names: a save of everybody holds nobody up, and a crash within it leaves the one before as it was.
-- What was saved in the form before is counted anew from the event log.
DROP TABLE people_chunks;
CREATE TABLE people_chunks (
    chunk BIGINT NOT NULL,
    save_number BIGINT NOT NULL,
    shoppers {{bytes}} NOT NULL,
    PRIMARY KEY (chunk, save_number)
);
ALTER TABLE people_population ADD COLUMN save_number BIGINT NOT NULL DEFAULT 0;
