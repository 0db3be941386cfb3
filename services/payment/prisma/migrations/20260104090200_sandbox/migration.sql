-- The sandbox provider's own books: written only by its adapter, through its own connections, in its own transactions, as a foreign system
-- would keep them. Nothing in the public schema refers to it.
CREATE SCHEMA sandbox;
CREATE TABLE sandbox.charge (
  key text PRIMARY KEY,
  token text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text NOT NULL,
  -- A charge made with tok_slow counts as pending until decided_at.
  status text NOT NULL CHECK (status IN ('authorized', 'refused', 'captured', 'voided', 'expired')),
  decided_at timestamptz NOT NULL,
  captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor BETWEEN 0 AND amount_minor),
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
  created_at timestamptz NOT NULL
);
CREATE TABLE sandbox.refund (
  key text PRIMARY KEY,
  charge_key text NOT NULL REFERENCES sandbox.charge (key),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  created_at timestamptz NOT NULL
);
CREATE INDEX refund_charge ON sandbox.refund (charge_key);
