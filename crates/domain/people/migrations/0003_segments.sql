-- Who belongs together. A segment that was archived keeps its rows, so that its id never comes to mean something else
-- unseen: whoever makes it again goes on counting its versions.
CREATE TABLE segments (
    segment_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    -- Whether the members of this version were counted once: from then on every change is announced.
    counted BIGINT NOT NULL,
    -- Whether those found at the first count are announced too.
    announce_existing BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    archived_at BIGINT
);

-- Every save is a version. The rule is JSON.
CREATE TABLE segment_versions (
    segment_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    rule TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (segment_id, version)
);

-- Who belongs to a segment, as it was announced: shopper keys by number, 4096 to a block, as Roaring bitmaps.
CREATE TABLE segment_members (
    segment_id TEXT NOT NULL,
    block BIGINT NOT NULL,
    members {{bytes}} NOT NULL,
    PRIMARY KEY (segment_id, block)
);

-- How large a segment was at the end of an hour in which it changed, and how many people came and went in it.
CREATE TABLE segment_history (
    segment_id TEXT NOT NULL,
    hour BIGINT NOT NULL,
    people BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    departed BIGINT NOT NULL,
    PRIMARY KEY (segment_id, hour)
);

-- Every clause about events that any rule ever had: under which number its states are kept, a hash of what it says, and
-- whether all of its past is counted. A number is never given out twice.
CREATE TABLE segment_clauses (
    slot BIGINT PRIMARY KEY,
    clause BIGINT NOT NULL,
    complete BIGINT NOT NULL
);

-- Uploaded lists.
CREATE TABLE segment_lists (
    list_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    keys BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Their shopper keys, so many at a time, as a JSON list.
CREATE TABLE segment_list_parts (
    list_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    keys TEXT NOT NULL,
    PRIMARY KEY (list_id, part)
);
