CREATE TABLE wallet (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL UNIQUE,
  balance_credits bigint NOT NULL DEFAULT 0 CHECK (balance_credits >= 0),
  version integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL
);

CREATE TABLE wallet_bucket (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  source text NOT NULL,
  reason text,
  balance_credits bigint NOT NULL CHECK (balance_credits >= 0),
  expires_at timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX wallet_bucket_wallet ON wallet_bucket (wallet_id);
CREATE INDEX wallet_bucket_expiry ON wallet_bucket (expires_at) WHERE balance_credits > 0 AND expires_at IS NOT NULL;

-- One row is one transfer out of the debit account into the credit account: the ledger is zero-sum because it cannot be written otherwise.
-- unit: an ISO 4217 code (amount in minor units) or 'credits'.
CREATE TABLE ledger_entry (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('grant', 'reserve', 'release', 'capture', 'refund', 'expiry')),
  debit_account text NOT NULL,
  credit_account text NOT NULL,
  unit text NOT NULL CHECK (unit = 'credits' OR unit ~ '^[A-Z]{3}$'),
  amount bigint NOT NULL CHECK (amount > 0),
  wallet_id uuid REFERENCES wallet (id),
  bucket_id uuid REFERENCES wallet_bucket (id),
  payment_id uuid REFERENCES payment (id),
  booking_id uuid,
  refund_id uuid REFERENCES refund (id),
  CHECK (debit_account <> credit_account),
  CHECK ((unit = 'credits') = (wallet_id IS NOT NULL)),
  CHECK ((wallet_id IS NULL) = (bucket_id IS NULL))
);
CREATE INDEX ledger_entry_wallet ON ledger_entry (wallet_id, id DESC) WHERE wallet_id IS NOT NULL;
CREATE INDEX ledger_entry_payment ON ledger_entry (payment_id) WHERE payment_id IS NOT NULL;

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only appended to';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
