-- Devices, their generations and what the device path needs of tenants,
-- profiles, plans and imports. Numbers of time are Unix seconds. Blobs named
-- root, ck and factory_secret are wrapped by the keys process and mean
-- nothing without it.

CREATE TABLE plans (
	name TEXT PRIMARY KEY,
	max_active INTEGER, -- active devices; NULL: no limit
	services INTEGER NOT NULL -- bits of enum feature that it includes
);

CREATE TABLE tenants (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	plan TEXT NOT NULL REFERENCES plans (name),
	created INTEGER NOT NULL
);

CREATE TABLE profiles (
	uid BLOB PRIMARY KEY CHECK (length(uid) = 16),
	tenant INTEGER NOT NULL REFERENCES tenants (id),
	name TEXT NOT NULL,
	features INTEGER NOT NULL, -- bits given at bootstrap
	period INTEGER, -- seconds between check-ins; NULL: the service's
	record BLOB NOT NULL, -- tenant-profile record, MACed by keys
	created INTEGER NOT NULL
);
CREATE INDEX profiles_tenant ON profiles (tenant);

CREATE TABLE imports (
	id INTEGER PRIMARY KEY,
	tenant INTEGER REFERENCES tenants (id),
	import_key BLOB, -- wrapped; NULL once the last device has confirmed
	total INTEGER NOT NULL,
	remaining INTEGER NOT NULL, -- devices that have not confirmed yet
	created INTEGER NOT NULL
);

-- One row a device: protocol-wise its current state (cur), the one before
-- (last), and the factory's.
CREATE TABLE devices (
	uid BLOB PRIMARY KEY CHECK (length(uid) = 8),
	tenant INTEGER REFERENCES tenants (id), -- the owner; NULL: nobody
	profile BLOB REFERENCES profiles (uid), -- of the owner
	serial TEXT,
	status INTEGER NOT NULL DEFAULT 0, -- enum store_device_status
	instance BLOB, -- the silicon that has registered
	factory_key BLOB NOT NULL, -- kept for judging
	factory_secret BLOB, -- NULL from the first commit on
	import INTEGER REFERENCES imports (id),
	generation INTEGER NOT NULL DEFAULT 0, -- 0: not registered
	generation_max INTEGER NOT NULL DEFAULT 0, -- the highest ever given
	alias BLOB UNIQUE, -- of the current generation
	public_key BLOB,
	n INTEGER NOT NULL DEFAULT 0,
	ck BLOB, -- ck(n)
	last_ck BLOB, -- ck(n-1)
	last_id BLOB, -- the request accepted under it
	resume BLOB, -- resume tag of the current generation
	features INTEGER NOT NULL DEFAULT 0, -- wanted
	features_version INTEGER NOT NULL DEFAULT 0,
	confirmed INTEGER NOT NULL DEFAULT 0, -- what the device has said
	confirmed_version INTEGER NOT NULL DEFAULT 0,
	period INTEGER NOT NULL DEFAULT 0, -- seconds, as last told; 0: never
	flags INTEGER NOT NULL DEFAULT 0, -- as last told
	firmware TEXT,
	created INTEGER NOT NULL,
	registered INTEGER, -- the first commit
	seen INTEGER,
	address TEXT,
	suspended INTEGER NOT NULL DEFAULT 0,
	quarantined INTEGER NOT NULL DEFAULT 0,
	rotate INTEGER NOT NULL DEFAULT 0, -- a new root is asked for
	changed INTEGER NOT NULL DEFAULT 0 -- number of its last change of state
);
CREATE INDEX devices_tenant ON devices (tenant, uid);
CREATE INDEX devices_active ON devices (tenant) WHERE status = 2;
CREATE INDEX devices_profile ON devices (profile);
CREATE INDEX devices_import ON devices (import);

-- Every generation that was ever committed: keys of old data hang on it, and
-- the right to them belongs to its owner.
CREATE TABLE generations (
	alias BLOB PRIMARY KEY CHECK (length(alias) = 6),
	uid BLOB NOT NULL REFERENCES devices (uid),
	generation INTEGER NOT NULL,
	tenant INTEGER REFERENCES tenants (id),
	profile BLOB NOT NULL, -- bound into the wrapped root; zeros: none
	public_key BLOB NOT NULL,
	root BLOB NOT NULL,
	created INTEGER NOT NULL,
	ended INTEGER, -- NULL: the current one
	UNIQUE (uid, generation)
);

CREATE TABLE pendings (
	alias BLOB PRIMARY KEY CHECK (length(alias) = 6),
	uid BLOB NOT NULL REFERENCES devices (uid),
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
	number INTEGER NOT NULL -- order of making
);
CREATE INDEX pendings_uid ON pendings (uid, number);

-- Contexts that were left: evidence only.
CREATE TABLE left_contexts (
	alias BLOB PRIMARY KEY CHECK (length(alias) = 6),
	uid BLOB NOT NULL REFERENCES devices (uid),
	generation INTEGER NOT NULL,
	ck BLOB, -- the last; NULL: it was never known
	public_key BLOB NOT NULL,
	left_at INTEGER NOT NULL,
	number INTEGER NOT NULL -- order of leaving
);
CREATE INDEX left_contexts_uid ON left_contexts (uid, number);

CREATE TABLE events (
	id INTEGER PRIMARY KEY,
	time INTEGER NOT NULL,
	tenant INTEGER REFERENCES tenants (id),
	uid BLOB,
	kind TEXT NOT NULL,
	detail TEXT NOT NULL -- a JSON object
);
CREATE INDEX events_tenant ON events (tenant, id);
CREATE INDEX events_uid ON events (uid, id);

-- Numbers that only grow, such as the number of the last change of state.
CREATE TABLE sequences (
	name TEXT PRIMARY KEY,
	value INTEGER NOT NULL
);
INSERT INTO sequences (name, value) VALUES ('changes', 0);

-- What the processes have counted since they started, for the metrics.
CREATE TABLE counters (
	name TEXT PRIMARY KEY,
	value INTEGER NOT NULL
);
