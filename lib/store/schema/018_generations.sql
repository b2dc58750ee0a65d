-- Less to write for a commit. The alias of a current generation is in the row
-- of its device, which has an index of it and is written anyway: an index of
-- their own have the aliases of generations that have ended. Every one that is
-- not its device's current one has ended.

CREATE TABLE generations_of_devices (
	alias BLOB NOT NULL CHECK (length(alias) = 6),
	uid BLOB NOT NULL REFERENCES devices (uid),
	generation INTEGER NOT NULL,
	tenant INTEGER REFERENCES tenants (id),
	profile BLOB NOT NULL, -- bound into the wrapped root; zeros: none
	public_key BLOB NOT NULL,
	root BLOB NOT NULL,
	created INTEGER NOT NULL,
	ended INTEGER, -- NULL: the current one
	downlink_v1 INTEGER NOT NULL DEFAULT 0,
	downlink_v2 INTEGER NOT NULL DEFAULT 0,
	rejected INTEGER NOT NULL DEFAULT 0
);
INSERT INTO generations_of_devices SELECT alias, uid, generation, tenant,
	profile, public_key, root, created,
	CASE WHEN ended IS NULL AND NOT EXISTS (SELECT 1 FROM devices
		WHERE devices.uid = generations.uid
		AND devices.generation = generations.generation
		AND devices.alias = generations.alias)
	THEN unixepoch() ELSE ended END,
	downlink_v1, downlink_v2, rejected FROM generations ORDER BY rowid;
DROP TABLE generations;
ALTER TABLE generations_of_devices RENAME TO generations;
CREATE UNIQUE INDEX generations_uid ON generations (uid, generation, alias);
CREATE UNIQUE INDEX generations_ended ON generations (alias)
	WHERE ended IS NOT NULL;
