-- Who came to a segment and who went since segment_members was written: one row an announcement, small and at the end,
-- where writing the blocks they fall into cost a page of the database for every one of them. Members are written whole, as
-- block 0, once the changes beside them have grown to a part of them; blocks of the form before are read as they are.
CREATE TABLE segment_changes (
    segment_id TEXT NOT NULL,
    announcement BIGINT NOT NULL,
    changes {{bytes}} NOT NULL,
    PRIMARY KEY (segment_id, announcement)
);
