-- Transfers of devices from one tenant to another. A device of a transfer is
-- offered (0), waits for its next contact (1), is done (2), or did not go
-- along when the offer was accepted (3).

CREATE TABLE transfers (
	id INTEGER PRIMARY KEY,
	from_tenant INTEGER NOT NULL REFERENCES tenants (id),
	to_tenant INTEGER NOT NULL REFERENCES tenants (id),
	readers INTEGER NOT NULL, -- of what was before: 1 old, 2 new owner
	state INTEGER NOT NULL, -- enum store_transfer_state
	profile BLOB REFERENCES profiles (uid), -- of the new owner
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	closed INTEGER -- accepted, declined or withdrawn
);
CREATE INDEX transfers_from ON transfers (from_tenant, id);
CREATE INDEX transfers_to ON transfers (to_tenant, id);

CREATE TABLE transfer_devices (
	transfer INTEGER NOT NULL REFERENCES transfers (id),
	uid BLOB NOT NULL REFERENCES devices (uid),
	state INTEGER NOT NULL,
	why TEXT, -- of 3: the reason
	from_profile BLOB, -- what roots up to last are bound to
	last INTEGER, -- the highest generation of the old owner
	mac BLOB, -- the right, made by the keys process
	done INTEGER, -- the new root was confirmed
	PRIMARY KEY (transfer, uid)
);
CREATE INDEX transfer_devices_uid ON transfer_devices (uid, state);
