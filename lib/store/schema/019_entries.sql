-- Entries of the journal stand in rows of many: lib/store/entries.c says how.
-- What waits in rows of the old form is carried over to the devices as it
-- would have been: of each the latest, if it is whole, its device's present
-- alias has it, and it is ahead.

UPDATE devices SET n = e.n, ck = nullif(e.ck, x''),
	last_ck = nullif(e.last_ck, x''), last_id = e.last_id, seen = e.seen,
	address = e.address, changed = e.changed
	FROM (SELECT max(number), * FROM journal GROUP BY uid) AS e
	WHERE devices.uid = e.uid AND devices.alias = e.alias
	AND devices.n < e.n AND devices.erased IS NULL
	AND typeof(e.n) = 'integer' AND typeof(e.seen) = 'integer'
	AND e.seen >= 0 AND typeof(e.changed) = 'integer' AND e.changed >= 0
	AND typeof(e.ck) = 'blob' AND length(e.ck) <= 62
	AND typeof(e.last_ck) = 'blob' AND length(e.last_ck) <= 62
	AND typeof(e.last_id) = 'blob' AND length(e.last_id) = 5
	AND (e.address IS NULL OR
		typeof(e.address) = 'text' AND
		length(CAST(e.address AS BLOB)) < 64);

DROP TABLE journal;
CREATE TABLE journal (
	number INTEGER PRIMARY KEY, -- in the order in which they came
	entries BLOB NOT NULL,
	addresses BLOB NOT NULL
);
