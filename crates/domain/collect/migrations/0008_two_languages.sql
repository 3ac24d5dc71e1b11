-- Why a message is in quarantine, in Simplified Chinese too; empty of those that came before.
ALTER TABLE quarantine ADD COLUMN detail_zh TEXT NOT NULL DEFAULT '';
