CREATE TABLE account (
  id uuid PRIMARY KEY,
  -- Stored normalised (trimmed, lower case), so that the plain unique index is the rule "one account an address".
  email text NOT NULL,
  display_name text NOT NULL,
  -- NULL until the address is verified: credentials given with an unverified address stay with their one-time token.
  password_hash text,
  status text NOT NULL CHECK (status IN ('unverified', 'active', 'deactivated')),
  roles text[] NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  created_at timestamptz NOT NULL,
  verified_at timestamptz,
  deactivated_at timestamptz,
  CONSTRAINT account_active_has_password CHECK (status <> 'active' OR password_hash IS NOT NULL)
);
CREATE UNIQUE INDEX account_email_key ON account (email);
CREATE INDEX account_active_admin_idx ON account (id) WHERE status = 'active' AND 'admin' = ANY (roles);
CREATE INDEX account_deactivated_idx ON account (deactivated_at) WHERE deactivated_at IS NOT NULL;

-- One login; the family of its refresh tokens.
CREATE TABLE session (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  user_agent text,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoke_reason text CHECK (revoke_reason IN ('logout', 'ended', 'token-reused', 'password-changed', 'password-reset', 'deactivated', 'too-many')),
  CONSTRAINT session_revoked_has_reason CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
);
CREATE INDEX session_account_idx ON session (account_id, id) WHERE revoked_at IS NULL;
CREATE INDEX session_revoked_idx ON session (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX session_expires_idx ON session (expires_at);

CREATE TABLE refresh_token (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX refresh_token_session_idx ON refresh_token (session_id);
CREATE INDEX refresh_token_expires_idx ON refresh_token (expires_at);

-- The token itself is an HMAC of the id and never stored. A verification carries the credentials of its own registration,
-- so that whoever registers an address first cannot choose the password its owner later verifies.
CREATE TABLE one_time_token (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('verify-email', 'reset-password')),
  hash bytea NOT NULL UNIQUE,
  password_hash text,
  display_name text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT one_time_token_verification_has_credentials CHECK (purpose <> 'verify-email' OR (password_hash IS NOT NULL AND display_name IS NOT NULL))
);
CREATE INDEX one_time_token_account_idx ON one_time_token (account_id, purpose, created_at);
CREATE INDEX one_time_token_expires_idx ON one_time_token (expires_at);

-- Which key is next, current or retired follows from activates_at and the time alone, so replicas agree without talking.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  -- AES-256-GCM under SIGNING_KEY_SECRET, the kid as additional data: nonce (12 bytes), tag (16), ciphertext.
  sealed_private_key bytea NOT NULL,
  created_at timestamptz NOT NULL,
  activates_at timestamptz NOT NULL UNIQUE
);

-- Guessing is slowed by source, never by account: keys are hashes of an address, or of an address with an account.
CREATE TABLE login_throttle (
  key bytea PRIMARY KEY,
  failures integer NOT NULL,
  blocked_until timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX login_throttle_updated_idx ON login_throttle (updated_at);
