-- One row: what a storefront may be told of its shoppers, as JSON; nothing while there is none.
CREATE TABLE storefront_settings (
    settings_id BIGINT PRIMARY KEY,
    settings TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT
);
