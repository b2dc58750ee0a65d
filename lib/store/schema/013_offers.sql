-- An offer may be made to a number that no tenant has, so that nobody learns
-- from offers which there are: such a one is nobody's to accept, also when
-- a tenant gets the number later. Its receiver is therefore no reference.

CREATE TABLE transfers_of_offers (
	id INTEGER PRIMARY KEY,
	from_tenant INTEGER NOT NULL REFERENCES tenants (id),
	to_tenant INTEGER NOT NULL,
	to_nobody INTEGER NOT NULL DEFAULT 0, -- there was no such tenant
	readers INTEGER NOT NULL, -- of what was before: 1 old, 2 new owner
	state INTEGER NOT NULL, -- enum store_transfer_state
	profile BLOB REFERENCES profiles (uid), -- of the new owner
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	closed INTEGER -- accepted, declined or withdrawn
);
INSERT INTO transfers_of_offers SELECT id, from_tenant, to_tenant, 0, readers,
	state, profile, created, expires, closed FROM transfers;

CREATE TABLE transfer_devices_of_offers (
	transfer INTEGER NOT NULL REFERENCES transfers_of_offers (id),
	uid BLOB NOT NULL REFERENCES devices (uid),
	state INTEGER NOT NULL,
	why TEXT, -- of 3: the reason
	from_profile BLOB, -- what roots up to last are bound to
	last INTEGER, -- the highest generation of the old owner
	mac BLOB, -- the right, made by the keys process
	done INTEGER, -- the new root was confirmed
	PRIMARY KEY (transfer, uid)
);
INSERT INTO transfer_devices_of_offers SELECT transfer, uid, state, why,
	from_profile, last, mac, done FROM transfer_devices;

DROP TABLE transfer_devices;
DROP TABLE transfers;
ALTER TABLE transfers_of_offers RENAME TO transfers;
ALTER TABLE transfer_devices_of_offers RENAME TO transfer_devices;

CREATE INDEX transfers_from ON transfers (from_tenant, id);
CREATE INDEX transfers_to ON transfers (to_tenant, id) WHERE to_nobody = 0;
CREATE INDEX transfer_devices_uid ON transfer_devices (uid, state);

-- Offers that were not accepted, which a sender may make only so many of.
CREATE INDEX transfers_in_vain ON transfers (from_tenant, to_tenant, created)
	WHERE state <> 1;
