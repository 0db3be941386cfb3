-- When the roles last changed, and under which version of the account: gateways that start later refuse tokens made before.
ALTER TABLE account ADD COLUMN roles_version integer;
ALTER TABLE account ADD COLUMN roles_changed_at timestamptz;
CREATE INDEX account_roles_changed_idx ON account (roles_changed_at) WHERE roles_changed_at IS NOT NULL;
