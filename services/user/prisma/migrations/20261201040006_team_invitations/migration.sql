-- Somebody asked to join a team, by id or by an address that may be nobody's yet. Only those that wait are kept.
CREATE TABLE team_invitation (
  id uuid PRIMARY KEY,
  team_id uuid NOT NULL REFERENCES team (id) ON DELETE CASCADE,
  -- Null: the address was nobody's when it was invited.
  user_id uuid REFERENCES profile (id) ON DELETE CASCADE,
  -- Lower case; null where the person was named by id.
  email text,
  role text NOT NULL CHECK (role IN ('member', 'team-admin')),
  invited_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK (user_id IS NOT NULL OR email IS NOT NULL)
);
CREATE INDEX team_invitation_team ON team_invitation (team_id, id DESC);
CREATE INDEX team_invitation_user ON team_invitation (user_id, id DESC);
CREATE INDEX team_invitation_email ON team_invitation (email, id DESC) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX team_invitation_once_by_id ON team_invitation (team_id, user_id) WHERE email IS NULL;
CREATE UNIQUE INDEX team_invitation_once_by_email ON team_invitation (team_id, email) WHERE email IS NOT NULL;
