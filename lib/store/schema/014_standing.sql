-- For lists, which count the devices of each transfer, and for how many offers
-- of a sender stand, in all and to one receiver.

CREATE INDEX transfer_devices_state ON transfer_devices (transfer, state);
CREATE INDEX transfers_standing ON transfers (from_tenant, expires)
	WHERE state = 0;
CREATE INDEX transfers_standing_pair ON transfers (from_tenant, to_tenant,
	expires) WHERE state = 0;
