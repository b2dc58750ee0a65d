-- The end of a CA. One that was removed has no key any more, and another name;
-- its row stands for the certificates that it has signed.

ALTER TABLE cas ADD COLUMN told INTEGER; -- when its owner heard that it has expired
ALTER TABLE cas ADD COLUMN removed INTEGER;
CREATE INDEX cas_ends ON cas (created + days * 86400)
	WHERE told IS NULL AND removed IS NULL;
CREATE INDEX device_cas_ca ON device_cas (ca);
