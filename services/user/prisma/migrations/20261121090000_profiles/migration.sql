-- A person's profile; e-mail address, roles and password are auth's alone.
CREATE TABLE profile (
  id uuid PRIMARY KEY,
  -- Empty until auth has been asked for it.
  display_name text NOT NULL,
  -- auth is still to be asked for the name; once the person has edited it, auth never is again.
  name_due boolean NOT NULL,
  name_edited boolean NOT NULL,
  locale text NOT NULL,
  time_zone text NOT NULL,
  plan_id uuid,
  status text NOT NULL CHECK (status IN ('active', 'deactivated')),
  version integer NOT NULL CHECK (version >= 1),
  -- The version of the newest account event applied; 0: none yet.
  account_version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX profile_name_due_idx ON profile (id) WHERE name_due;

CREATE TABLE address (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  label text NOT NULL,
  line1 text NOT NULL,
  line2 text,
  postal_code text NOT NULL,
  city text NOT NULL,
  country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
  created_at timestamptz NOT NULL
);
CREATE INDEX address_user_idx ON address (user_id, id);

CREATE TABLE team (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE team_member (
  team_id uuid NOT NULL REFERENCES team (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('member', 'team-admin')),
  added_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, user_id)
);
-- Holds the role too: booking asks for a person's teams on every booking, and the index alone answers.
CREATE INDEX team_member_user_idx ON team_member (user_id, team_id) INCLUDE (role);

CREATE TABLE idempotency (
  principal_id uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  resource_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal_id, method, path, key)
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);
