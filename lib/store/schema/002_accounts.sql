-- Accounts: who may call, with what, and the record of what was changed.
-- Secrets stand here as hashes only: passwords under scrypt, random secrets
-- and tokens under SHA-256.

INSERT INTO plans (name, max_active, services) VALUES
	('Basic', 10, 0),
	('Developer', NULL, 48),
	('Daily', NULL, 48),
	('Flex', NULL, 48),
	('Freedom', NULL, 48);

-- The token for the first set-up; the row is gone once it has been used.
CREATE TABLE setup (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
	created INTEGER NOT NULL
);

CREATE TABLE users (
	id INTEGER PRIMARY KEY,
	tenant INTEGER NOT NULL REFERENCES tenants (id),
	email TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
	salt BLOB NOT NULL,
	password BLOB NOT NULL, -- scrypt of password and salt
	created INTEGER NOT NULL,
	UNIQUE (tenant, email)
);

CREATE TABLE apikeys (
	id INTEGER PRIMARY KEY,
	tenant INTEGER NOT NULL REFERENCES tenants (id),
	name TEXT NOT NULL UNIQUE, -- what the caller shows as APIKey
	secret BLOB NOT NULL CHECK (length(secret) = 32),
	created INTEGER NOT NULL,
	revoked INTEGER -- NULL: good
);
CREATE INDEX apikeys_tenant ON apikeys (tenant);

-- A family is one authentication and what was refreshed from it. A refresh
-- token that comes a second time ends its family.
CREATE TABLE tokens (
	hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
	apikey INTEGER NOT NULL REFERENCES apikeys (id),
	kind INTEGER NOT NULL, -- enum store_token_kind
	family BLOB NOT NULL,
	issued INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	used INTEGER -- of a refresh token: when
);
CREATE INDEX tokens_family ON tokens (family);
CREATE INDEX tokens_expires ON tokens (expires);

-- Every entry carries the hash of the one before it and of itself.
CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	tenant INTEGER, -- NULL: the service itself
	time INTEGER NOT NULL,
	actor TEXT NOT NULL, -- such as apikey:NAME or setup
	action TEXT NOT NULL, -- such as profile.create
	object TEXT NOT NULL,
	detail TEXT NOT NULL, -- a JSON object: before and after
	source TEXT NOT NULL, -- the address it came from
	hash BLOB NOT NULL
);
CREATE INDEX audit_tenant ON audit (tenant, id);
