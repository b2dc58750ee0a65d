-- The last downlink counters that were given out for a generation: one for
-- each version of the envelope. 0: none yet.

ALTER TABLE generations ADD COLUMN downlink_v1 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE generations ADD COLUMN downlink_v2 INTEGER NOT NULL DEFAULT 0;
