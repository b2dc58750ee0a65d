-- A generation that an operator has rejected: he released an older one, whose
-- holder is the genuine device. Nobody gets a key of it any more.

ALTER TABLE generations ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
