-- Heartbeats that changed nothing but the state of their context, in the order
-- in which they came. The device's row gets the latest of it later, and the
-- rows here are deleted then. A row whose alias is not its device's any more,
-- or that is not ahead of it, means nothing.

CREATE TABLE journal (
	number INTEGER PRIMARY KEY,
	uid BLOB NOT NULL,
	alias BLOB NOT NULL,
	n INTEGER NOT NULL, -- what it leads to
	ck BLOB NOT NULL,
	last_ck BLOB NOT NULL,
	last_id BLOB NOT NULL,
	seen INTEGER NOT NULL,
	address TEXT,
	changed INTEGER NOT NULL
);
