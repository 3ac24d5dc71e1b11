-- Whether what the events of a source leave out of products is completed from the catalogue.
ALTER TABLE sources ADD COLUMN complete_products BIGINT NOT NULL DEFAULT 0;
