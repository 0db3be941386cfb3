-- Archived rows stay: bookings made before refer to them, and a repeated command answers with what it made.
CREATE TABLE location (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  name text NOT NULL,
  time_zone text NOT NULL,
  address text NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  tax_rate_percent double precision NOT NULL CHECK (tax_rate_percent BETWEEN 0 AND 100),
  week_starts_on smallint NOT NULL CHECK (week_starts_on BETWEEN 1 AND 7),
  opening_hours jsonb NOT NULL,
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE policy (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  name text NOT NULL,
  min_minutes integer CHECK (min_minutes > 0),
  max_minutes integer CHECK (max_minutes > 0),
  grid_minutes integer CHECK (grid_minutes > 0),
  lead_minutes integer CHECK (lead_minutes >= 0),
  advance_days integer CHECK (advance_days BETWEEN 1 AND 400),
  cancellation jsonb,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (min_minutes <= max_minutes)
);

CREATE TABLE price_book (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  name text NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  rules jsonb NOT NULL,
  day_cap_minor integer CHECK (day_cap_minor >= 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE space (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  -- What a quote carries and a claim compares: raised by every change of units, buffers or status.
  revision integer NOT NULL CHECK (revision > 0),
  location_id uuid NOT NULL REFERENCES location,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('desk', 'room', 'office', 'equipment')),
  capacity integer NOT NULL CHECK (capacity > 0),
  amenities text[] NOT NULL,
  buffer_before_minutes integer NOT NULL CHECK (buffer_before_minutes >= 0),
  buffer_after_minutes integer NOT NULL CHECK (buffer_after_minutes >= 0),
  policy_id uuid REFERENCES policy,
  price_book_id uuid REFERENCES price_book,
  status text NOT NULL CHECK (status IN ('active', 'disabled')),
  floor jsonb,
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX space_location ON space (location_id, id) WHERE archived_at IS NULL;
CREATE INDEX space_price_book ON space (price_book_id) WHERE archived_at IS NULL;

CREATE TABLE unit (
  id uuid PRIMARY KEY,
  space_id uuid NOT NULL REFERENCES space,
  number integer NOT NULL CHECK (number > 0),
  status text NOT NULL CHECK (status IN ('active', 'disabled')),
  removed_at timestamptz
);
-- Two units of a space never bear the same name at the same time.
CREATE UNIQUE INDEX unit_number ON unit (space_id, number) WHERE removed_at IS NULL;

CREATE TABLE closure (
  id uuid PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  location_id uuid NOT NULL REFERENCES location,
  -- Empty: the whole location.
  space_ids uuid[] NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  reason text NOT NULL,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL,
  CHECK (starts_at < ends_at)
);
CREATE INDEX closure_location ON closure (location_id, ends_at) WHERE deleted_at IS NULL;

-- A space whose units booking has been asked to let go: written before the question, removed with its answer. While it
-- stands nobody else changes the space. One left behind by a killed process is settled by raising the space to
-- next_revision, the lowest that booking may by then accept; otherwise nobody could book the space again.
CREATE TABLE retirement (
  space_id uuid PRIMARY KEY REFERENCES space,
  id uuid NOT NULL,
  next_revision integer NOT NULL,
  started_at timestamptz NOT NULL
);
CREATE INDEX retirement_started_at ON retirement (started_at);

-- One row, raised by every write in the same transaction: a replica keeps what it has read for as long as this stands still.
CREATE TABLE catalogue (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version bigint NOT NULL
);
INSERT INTO catalogue (version) VALUES (1);

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
