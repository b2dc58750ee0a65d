-- Certificate authorities of tenants, for zero-touch provisioning. The key
-- is wrapped by the keys process, bound to tenant and certificate.

CREATE TABLE cas (
	id INTEGER PRIMARY KEY,
	tenant INTEGER NOT NULL REFERENCES tenants (id),
	name TEXT NOT NULL, -- the tenant's, and CN of the certificate
	key BLOB NOT NULL,
	certificate BLOB NOT NULL, -- DER
	days INTEGER NOT NULL, -- validity of the certificate
	device_days INTEGER NOT NULL, -- and of those that it will sign
	created INTEGER NOT NULL,
	UNIQUE (tenant, name)
);
