-- A number may stand twice for one device: once in the time that a restored
-- database has forgotten, and was brought back by a ticket, and once in the
-- time since. The alias tells them apart.

CREATE TABLE generations_of_branches (
	alias BLOB PRIMARY KEY CHECK (length(alias) = 6),
	uid BLOB NOT NULL REFERENCES devices (uid),
	generation INTEGER NOT NULL,
	tenant INTEGER REFERENCES tenants (id),
	profile BLOB NOT NULL, -- bound into the wrapped root; zeros: none
	public_key BLOB NOT NULL,
	root BLOB NOT NULL,
	created INTEGER NOT NULL,
	ended INTEGER, -- NULL: the current one
	downlink_v1 INTEGER NOT NULL DEFAULT 0,
	downlink_v2 INTEGER NOT NULL DEFAULT 0
);
INSERT INTO generations_of_branches SELECT alias, uid, generation, tenant,
	profile, public_key, root, created, ended, downlink_v1, downlink_v2
	FROM generations;
DROP TABLE generations;
ALTER TABLE generations_of_branches RENAME TO generations;
CREATE INDEX generations_uid ON generations (uid, generation);
