-- Sets of features in their new order: E2ESymmetricKMS 1, E2EDataProtection 2,
-- LocalDataProtection 4, LocalC2C 8, LocalC2CKeyPairing 16, ZTPV1 32. So far
-- the four features stood below the two services.

UPDATE plans SET services = (services & 15) << 2 | (services >> 4 & 3);
UPDATE profiles SET features = (features & 15) << 2 | (features >> 4 & 3);
UPDATE pendings SET features = (features & 15) << 2 | (features >> 4 & 3);

-- A registered device hears its set again with its next heartbeat, as after
-- any change: under a version above all that it was told.
UPDATE devices SET
	features = (features & 15) << 2 | (features >> 4 & 3),
	confirmed = (confirmed & 15) << 2 | (confirmed >> 4 & 3),
	features_version = CASE
		WHEN generation = 0 THEN features_version
		WHEN features_version < unixepoch() THEN unixepoch()
		ELSE features_version + 1 END;
