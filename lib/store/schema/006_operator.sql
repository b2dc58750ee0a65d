-- The operator of the installation is the tenant that the first set-up made:
-- it alone may make other tenants and change their plans.

ALTER TABLE tenants ADD COLUMN operator INTEGER NOT NULL DEFAULT 0;
UPDATE tenants SET operator = 1 WHERE id = (SELECT min(id) FROM tenants);
