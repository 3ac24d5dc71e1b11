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

-- One row: the counts over everybody, and the fingerprint of the tags they were counted for.
CREATE TABLE people_population (
    population_id BIGINT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    counts {{bytes}} NOT NULL
);

-- What is said of a shopper: of each name and source the latest word.
CREATE TABLE people_traits (
    shopper_id TEXT NOT NULL,
    name TEXT NOT NULL,
    source_id TEXT NOT NULL,
    value TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (shopper_id, name, source_id)
);
CREATE INDEX people_traits_by_value ON people_traits (name, value);
