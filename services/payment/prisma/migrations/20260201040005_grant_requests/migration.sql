-- Credits that an operator asked for themselves: another one approves or declines them. Approved, the grant has this id too.
CREATE TABLE grant_request (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  user_id uuid NOT NULL,
  amount_credits bigint NOT NULL CHECK (amount_credits > 0),
  reason text NOT NULL,
  expires_at timestamptz,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'declined')),
  requested_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  decided_by uuid,
  decided_at timestamptz,
  CONSTRAINT grant_request_decided CHECK ((status = 'pending') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT grant_request_four_eyes CHECK (status <> 'approved' OR decided_by <> requested_by)
);
CREATE INDEX grant_request_pending ON grant_request (id DESC) WHERE status = 'pending';
