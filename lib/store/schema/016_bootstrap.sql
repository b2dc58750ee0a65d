-- Less to write for a bootstrap. A pending, which lives for a moment, is in
-- two trees where it was in three; a device that nobody owns stands in no
-- index of owners, from which its first one would have to take it; and nothing
-- was ever looked for in the index of profiles.

CREATE TABLE pendings_of_devices (
	uid BLOB NOT NULL REFERENCES devices (uid),
	number INTEGER NOT NULL, -- order of making
	alias BLOB NOT NULL UNIQUE CHECK (length(alias) = 6),
	generation INTEGER NOT NULL,
	instance BLOB NOT NULL,
	public_key BLOB NOT NULL,
	root BLOB NOT NULL,
	ck BLOB NOT NULL, -- ck(0)
	resume BLOB NOT NULL,
	root_profile BLOB NOT NULL, -- bound into the wrapped root
	tenant INTEGER, -- the owner after the commit
	profile BLOB,
	serial TEXT,
	firmware TEXT,
	features INTEGER NOT NULL,
	status INTEGER NOT NULL, -- enum store_device_status after the commit
	address TEXT,
	created INTEGER NOT NULL,
	PRIMARY KEY (uid, number, alias)
) WITHOUT ROWID;
INSERT INTO pendings_of_devices SELECT uid, number, alias, generation,
	instance, public_key, root, ck, resume, root_profile, tenant, profile,
	serial, firmware, features, status, address, created FROM pendings;
DROP TABLE pendings;
ALTER TABLE pendings_of_devices RENAME TO pendings;

DROP INDEX devices_tenant;
CREATE INDEX devices_tenant ON devices (tenant, uid) WHERE tenant IS NOT NULL;
DROP INDEX devices_profile;
