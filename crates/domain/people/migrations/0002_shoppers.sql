-- What is known of shopper keys by counting: so many at a time, in the order their numbers were given out.
CREATE TABLE people_chunks (
    chunk BIGINT PRIMARY KEY,
    shoppers {{bytes}} NOT NULL
);

-- The words those use by number, in the order they were met; `first` is the number of the first of a row.
CREATE TABLE people_words (
    first BIGINT PRIMARY KEY,
    words {{bytes}} NOT NULL
);

-- One row: the counts over everybody, what they were counted for, and the numbers of those who were here last.
CREATE TABLE people_population (
    population_id BIGINT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    counts {{bytes}} NOT NULL,
    recent {{bytes}} NOT NULL
);

-- What is said of a shopper, by number (a key may be too long for an index): of each name and source the latest word.
-- `sought` is how the value begins in lower case, as bytes: so it sorts the same in every database.
CREATE TABLE people_traits (
    shopper BIGINT NOT NULL,
    name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    value TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    sought {{bytes}} NOT NULL,
    PRIMARY KEY (shopper, name, source_id)
);
CREATE INDEX people_traits_by_sought ON people_traits (sought, shopper);
