-- The tag catalogue as it was saved, whole, as JSON: the latest is in force; before the first, the one the program comes
-- with. `change` says what the version changed, `tag` which tag, if one.
CREATE TABLE tag_catalogues (
    version BIGINT PRIMARY KEY,
    catalogue TEXT NOT NULL,
    change TEXT NOT NULL,
    tag TEXT,
    changed_at BIGINT NOT NULL,
    changed_by TEXT
);
CREATE INDEX tag_catalogues_by_tag ON tag_catalogues (tag, version);

-- What a model said last for the slot of a tag.
CREATE TABLE tag_models (
    tag TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT,
    uploaded_at BIGINT NOT NULL,
    uploaded_by TEXT
);

-- Of whom it said what. A key may be too long for an index, so its digest stands for it; `term` is empty where there is none.
CREATE TABLE tag_weights (
    key_digest TEXT NOT NULL,
    tag TEXT NOT NULL,
    term TEXT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (key_digest, tag, term)
);
CREATE INDEX tag_weights_by_tag ON tag_weights (tag);
