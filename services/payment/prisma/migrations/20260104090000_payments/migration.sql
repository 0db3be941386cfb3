-- One row per attempt id that booking ever named: what was asked, what became of it, and the lease under which its money is moved.
-- due_at, lease_until and retries run on real time, not on the product's clock: moving the clock back must not freeze a lease.
CREATE TABLE attempt (
  id uuid PRIMARY KEY,
  booking_id uuid,
  user_id uuid,
  method text CHECK (method IN ('card', 'credits')),
  token text,
  amount_minor bigint NOT NULL DEFAULT 0 CHECK (amount_minor >= 0),
  amount_credits bigint NOT NULL DEFAULT 0 CHECK (amount_credits >= 0),
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  status text NOT NULL CHECK (status IN ('processing', 'authorized', 'refused')),
  reason_code text,
  -- Booking wants nothing of it kept, whatever its events said or will say (a change that expired).
  released boolean NOT NULL DEFAULT false,
  traceparent text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  due_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  -- A provider step was begun and not recorded: whoever comes next asks the provider first.
  unfinished boolean NOT NULL DEFAULT false,
  failures integer NOT NULL DEFAULT 0,
  -- Raised by whoever wants something done, so that the release of a lease cannot forget a wish that came meanwhile.
  wishes integer NOT NULL DEFAULT 0,
  -- Only a tombstone (a void that came before its authorize) knows nothing; the token goes as soon as the provider has decided.
  CHECK (status = 'refused' OR (booking_id, user_id, method, currency) IS NOT NULL),
  CHECK (token IS NULL OR status = 'processing'),
  CHECK ((status = 'refused') = (reason_code IS NOT NULL))
);
CREATE INDEX attempt_due ON attempt (due_at) WHERE due_at IS NOT NULL;

-- How much of an attempt each booking wants kept; null: not decided yet. An attempt may pay several bookings.
CREATE TABLE target (
  attempt_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  booking_version integer NOT NULL,
  method text NOT NULL CHECK (method IN ('card', 'credits')),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  amount_credits bigint NOT NULL CHECK (amount_credits >= 0),
  keep_minor bigint CHECK (keep_minor >= 0),
  keep_credits bigint CHECK (keep_credits >= 0),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (attempt_id, booking_id)
);
CREATE INDEX target_booking ON target (booking_id);

CREATE TABLE payment (
  id uuid PRIMARY KEY,
  attempt_id uuid NOT NULL UNIQUE REFERENCES attempt (id),
  booking_id uuid NOT NULL,
  user_id uuid NOT NULL,
  method text NOT NULL CHECK (method IN ('card', 'credits')),
  status text NOT NULL CHECK (status IN ('authorized', 'captured', 'voided', 'refunded', 'failed')),
  reason_code text,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor BETWEEN 0 AND amount_minor),
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
  amount_credits bigint NOT NULL CHECK (amount_credits >= 0),
  captured_credits bigint NOT NULL DEFAULT 0 CHECK (captured_credits BETWEEN 0 AND amount_credits),
  refunded_credits bigint NOT NULL DEFAULT 0 CHECK (refunded_credits BETWEEN 0 AND captured_credits),
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX payment_user ON payment (user_id, id DESC);
CREATE INDEX payment_booking ON payment (booking_id);

-- A refund is durable before the provider hears of it; its id is the provider's idempotency key.
CREATE TABLE refund (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payment (id),
  origin text NOT NULL CHECK (origin IN ('operator', 'booking')),
  status text NOT NULL CHECK (status IN ('pending', 'done', 'refused')),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  amount_credits bigint NOT NULL CHECK (amount_credits >= 0),
  reason text,
  actor_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((amount_minor > 0) <> (amount_credits > 0))
);
CREATE INDEX refund_payment ON refund (payment_id);

-- What a person's Idempotency-Key made; written in the transaction that made it, so that a racer waits for the first and then finds it.
CREATE TABLE idempotency (
  principal_id uuid NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  resource_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal_id, path, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
