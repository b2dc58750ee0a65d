-- Zero-touch provisioning: which CA a profile or a device gets its
-- certificate from, and every certificate that was given.

ALTER TABLE profiles ADD COLUMN ca INTEGER REFERENCES cas (id);

-- What was chosen for one device; without a row its profile's CA counts.
CREATE TABLE device_cas (
	uid BLOB PRIMARY KEY REFERENCES devices (uid),
	ca INTEGER NOT NULL REFERENCES cas (id)
);

CREATE TABLE certificates (
	serial BLOB PRIMARY KEY CHECK (length(serial) = 16),
	uid BLOB NOT NULL REFERENCES devices (uid),
	alias BLOB NOT NULL, -- the generation that asked
	ca INTEGER NOT NULL REFERENCES cas (id),
	public_key BLOB NOT NULL CHECK (length(public_key) = 33),
	certificate BLOB NOT NULL, -- DER
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL
);
CREATE INDEX certificates_uid ON certificates (uid, created);
