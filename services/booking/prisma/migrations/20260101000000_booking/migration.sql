-- Trusted extension: the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE booking (
  id uuid PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  user_id uuid NOT NULL,
  team_id uuid,
  space_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  location_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('desk', 'room', 'office', 'equipment')),
  space_name text NOT NULL,
  unit_name text NOT NULL,
  location_name text NOT NULL,
  time_zone text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (starts_at < ends_at),
  buffer_before_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_before_minutes >= 0),
  buffer_after_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_after_minutes >= 0),
  status text NOT NULL CHECK (status IN
    ('held', 'pending_approval', 'pending_payment', 'confirmed', 'checked_in', 'completed', 'expired', 'declined', 'cancelled', 'no_show')),
  -- 0: a hold that never became a booking; it is never listed and no event tells of it.
  version integer NOT NULL CHECK (version >= 0),
  title text,
  reason text,
  attendees jsonb NOT NULL DEFAULT '[]',
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  net_minor bigint NOT NULL CHECK (net_minor >= 0),
  tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  total_credits bigint CHECK (total_credits >= 0),
  lines jsonb NOT NULL DEFAULT '[]',
  policy jsonb NOT NULL DEFAULT '{}',
  payment_method text NOT NULL DEFAULT 'none' CHECK (payment_method IN ('card', 'credits', 'none')),
  payment_status text NOT NULL DEFAULT 'none' CHECK (payment_status IN ('none', 'pending', 'authorized', 'captured', 'voided', 'refunded', 'failed')),
  payment_id uuid,
  -- The attempt whose money the booking shows; a change's difference is in attempts of its own.
  attempt_id uuid,
  -- When a held or pending_payment booking is overdue.
  hold_expires_at timestamptz,
  -- The expiry of the hold it was made from: where a refused payment returns it to.
  held_until timestamptz,
  -- A request whose payment never left us: hidden, as if it had not been made.
  withdrawn boolean NOT NULL DEFAULT false,
  checked_in_at timestamptz,
  checked_out_at timestamptz,
  reason_code text CHECK (reason_code IN ('member', 'operator', 'payment-refused', 'payment-failed', 'deactivated', 'expired', 'closure')),
  refund_minor bigint,
  refund_credits bigint,
  refund_percent integer CHECK (refund_percent BETWEEN 0 AND 100),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((status IN ('held', 'pending_payment')) <= (hold_expires_at IS NOT NULL))
);
CREATE INDEX booking_user ON booking (user_id, starts_at, id);
CREATE INDEX booking_space ON booking (space_id, starts_at, id);
CREATE INDEX booking_location ON booking (location_id, starts_at, id);
CREATE INDEX booking_start ON booking (starts_at, id);
-- What the expiry sweep and the claim call ask: only live holds stand in it.
CREATE INDEX booking_overdue ON booking (hold_expires_at) WHERE status IN ('held', 'pending_payment');
CREATE INDEX booking_unused_hold ON booking (updated_at) WHERE version = 0 AND status IN ('expired', 'cancelled');
CREATE INDEX booking_personal ON booking (ends_at) WHERE title IS NOT NULL OR attendees <> '[]' OR reason IS NOT NULL;
CREATE INDEX booking_ending ON booking (ends_at) WHERE status IN ('confirmed', 'checked_in');

-- Promise 1. during is the booking widened by its buffers. One NULL or empty range would never conflict and so switch the
-- constraint off for everybody: hence NOT NULL and the CHECK. A booking may overlap itself: a change holds old and new.
CREATE TABLE claim (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id uuid NOT NULL,
  during tstzrange NOT NULL,
  location_id uuid NOT NULL,
  -- For availability: a day of a whole location is read from one index in order, however many bookings there ever were.
  claimed_from timestamptz NOT NULL GENERATED ALWAYS AS (lower(during)) STORED,
  claimed_until timestamptz NOT NULL GENERATED ALWAYS AS (upper(during)) STORED,
  -- 0: up to 4 hours, 1: up to a day, 2: longer. It bounds how far before a range a claim that reaches into it can begin.
  span smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN upper(during) - lower(during) <= interval '4 hours' THEN 0
    WHEN upper(during) - lower(during) <= interval '24 hours' THEN 1 ELSE 2 END) STORED,
  booking_id uuid NOT NULL REFERENCES booking (id) DEFERRABLE INITIALLY DEFERRED,
  active boolean NOT NULL DEFAULT true,
  -- Without buffers: what a conflict shows.
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  -- Set while it belongs to a change that is not yet paid.
  change_id uuid,
  CONSTRAINT claim_bounded CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
    AND isfinite(lower(during)) AND isfinite(upper(during))),
  CONSTRAINT claim_no_overlap EXCLUDE USING gist (unit_id WITH =, during WITH &&, booking_id WITH <>) WHERE (active)
);
CREATE INDEX claim_booking ON claim (booking_id);
CREATE INDEX claim_day ON claim (location_id, span, claimed_from) INCLUDE (unit_id, claimed_until) WHERE active;

CREATE TABLE attempt (
  id uuid PRIMARY KEY,
  booking_id uuid NOT NULL REFERENCES booking (id),
  purpose text NOT NULL CHECK (purpose IN ('create', 'pay', 'change')),
  change_id uuid,
  -- abandoned: its booking or change ended before the answer came; unsent: certainly never reached payment.
  status text NOT NULL CHECK (status IN ('open', 'authorized', 'refused', 'unsent', 'abandoned')),
  method text NOT NULL CHECK (method IN ('card', 'credits')),
  -- Kept only while open, so that an attempt payment has never seen can be sent again.
  token text,
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  amount_credits bigint NOT NULL CHECK (amount_credits >= 0),
  keep_minor bigint CHECK (keep_minor BETWEEN 0 AND amount_minor),
  keep_credits bigint CHECK (keep_credits BETWEEN 0 AND amount_credits),
  reason_code text,
  next_action jsonb,
  payment_id uuid,
  payment_version integer NOT NULL DEFAULT 0,
  payment_status text,
  -- An expired change's attempt: payment is told to keep nothing until it has acknowledged.
  release_owed boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  settled_at timestamptz,
  CHECK (status = 'open' OR token IS NULL)
);
CREATE INDEX attempt_booking ON attempt (booking_id);
-- One open attempt a booking at most.
CREATE UNIQUE INDEX attempt_open ON attempt (booking_id) WHERE status = 'open';
CREATE INDEX attempt_unanswered ON attempt (created_at) WHERE status = 'open';
CREATE INDEX attempt_release ON attempt (created_at) WHERE release_owed;

CREATE TABLE pending_change (
  booking_id uuid PRIMARY KEY REFERENCES booking (id),
  id uuid NOT NULL UNIQUE,
  base_version integer NOT NULL,
  attempt_id uuid NOT NULL,
  space_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  currency text NOT NULL,
  total_minor bigint NOT NULL,
  -- Members of booking that the change sets, by column.
  target jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX pending_change_overdue ON pending_change (expires_at);

CREATE TABLE idempotency (
  principal uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  booking_id uuid NOT NULL,
  body_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal, method, path, key)
);
CREATE INDEX idempotency_booking ON idempotency (booking_id);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- The limit is compared in the UPDATE that takes; the rows carry only this CHECK, so that a lowered limit never blocks a release.
CREATE TABLE counter (
  key text PRIMARY KEY,
  used integer NOT NULL CHECK (used >= 0)
);

CREATE TABLE booking_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  booking_id uuid NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  what text NOT NULL,
  actor_type text NOT NULL CHECK (actor_type IN ('user', 'service', 'system')),
  actor_id text,
  trace_id text,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX booking_history_booking ON booking_history (booking_id, id);

-- horizon: the first transaction id that is certain to have seen the row. A claim that began before may have missed it, so
-- the sweep runs at once and again when every transaction below the horizon has ended (settled_at).
CREATE TABLE closure (
  id uuid PRIMARY KEY,
  version integer NOT NULL,
  location_id uuid NOT NULL,
  -- Empty: the whole location.
  space_ids uuid[] NOT NULL DEFAULT '{}',
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  stored_tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  horizon xid8,
  settled_at timestamptz
);
CREATE INDEX closure_location ON closure (location_id, ends_at) WHERE NOT deleted;
CREATE INDEX closure_unsettled ON closure (id) WHERE settled_at IS NULL;

CREATE TABLE deactivated_user (
  user_id uuid PRIMARY KEY,
  version integer NOT NULL,
  deactivated_at timestamptz NOT NULL,
  stored_tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  horizon xid8,
  settled_at timestamptz
);
CREATE INDEX deactivated_user_unsettled ON deactivated_user (user_id) WHERE settled_at IS NULL;

-- The lowest revision of a space that a claim may be made on.
CREATE TABLE space_revision (
  space_id uuid PRIMARY KEY,
  lowest integer NOT NULL
);
