-- What operators decide about devices and their profiles. Numbers of time are
-- Unix seconds.

ALTER TABLE profiles ADD COLUMN clones INTEGER NOT NULL DEFAULT 0; -- enum store_clones
ALTER TABLE profiles ADD COLUMN rotation INTEGER; -- seconds that a root lasts; NULL: as the service says

ALTER TABLE devices ADD COLUMN rooted INTEGER; -- the commit of the current generation
ALTER TABLE devices ADD COLUMN released INTEGER; -- about generations up to this one an operator has decided
ALTER TABLE devices ADD COLUMN resync INTEGER; -- the generation left that he lets come back
ALTER TABLE devices ADD COLUMN erased INTEGER; -- of a device decommissioned: when its keys were
ALTER TABLE devices ADD COLUMN renewed INTEGER NOT NULL DEFAULT 0; -- produced anew, not registered since
ALTER TABLE devices ADD COLUMN next_instance BLOB; -- of such: the silicon that may come

UPDATE devices SET rooted = (SELECT created FROM generations
	WHERE generations.alias = devices.alias);
