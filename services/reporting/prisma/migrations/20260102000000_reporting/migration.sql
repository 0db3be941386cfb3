CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Every event as it came; the read models below are made from these alone and can be made again at any time.
CREATE TABLE raw_event (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id          uuid NOT NULL UNIQUE,
  topic       text NOT NULL,
  type        text NOT NULL,
  subject     text NOT NULL,
  occurred_at timestamptz NOT NULL,
  -- json, not jsonb: the members stay in their order, numbers as they were written.
  event       json NOT NULL
);
CREATE INDEX raw_event_occurred_at ON raw_event (occurred_at DESC);
CREATE INDEX raw_event_subject ON raw_event (subject, seq);

-- Read models: one row per aggregate with the newest version seen. A row changes only to a higher version, so the
-- order and repetition of events make no difference.
CREATE TABLE location (
  id             uuid PRIMARY KEY,
  version        integer NOT NULL,
  name           text NOT NULL,
  time_zone      text NOT NULL,
  currency       text NOT NULL,
  status         text NOT NULL,
  opening_hours  jsonb NOT NULL,
  week_starts_on smallint NOT NULL
);

CREATE TABLE space (
  id           uuid PRIMARY KEY,
  version      integer NOT NULL,
  location_id  uuid NOT NULL,
  name         text NOT NULL,
  kind         text NOT NULL,
  status       text NOT NULL,
  units_active integer NOT NULL
);
CREATE INDEX space_location ON space (location_id);

CREATE TABLE closure (
  id          uuid PRIMARY KEY,
  version     integer NOT NULL,
  location_id uuid NOT NULL,
  space_ids   uuid[],
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL,
  deleted     boolean NOT NULL
);
CREATE INDEX closure_location ON closure (location_id, ends_at);

CREATE TABLE booking (
  id             uuid PRIMARY KEY,
  version        integer NOT NULL,
  status         text NOT NULL,
  user_id        uuid NOT NULL,
  location_id    uuid NOT NULL,
  space_id       uuid NOT NULL,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL,
  checked_out_at timestamptz,
  currency       text NOT NULL,
  total_minor    bigint NOT NULL,
  payment_method text NOT NULL,
  -- What counts as booked: cut at check-out; empty when checked out before the start.
  used           tstzrange GENERATED ALWAYS AS (tstzrange(starts_at, GREATEST(starts_at, LEAST(ends_at, COALESCE(checked_out_at, ends_at))))) STORED,
  -- Confirmed or later, without cancelled.
  counts         boolean NOT NULL GENERATED ALWAYS AS (status IN ('confirmed', 'checked_in', 'completed', 'no_show')) STORED
);
CREATE INDEX booking_used ON booking USING gist (location_id, used) WHERE counts;
CREATE INDEX booking_starts_at ON booking (location_id, starts_at);
CREATE INDEX booking_checked_in ON booking (status) WHERE status = 'checked_in';

CREATE TABLE payment (
  id             uuid PRIMARY KEY,
  version        integer NOT NULL,
  booking_id     uuid,
  status         text NOT NULL,
  currency       text NOT NULL,
  captured_minor bigint NOT NULL,
  refunded_minor bigint NOT NULL
);
CREATE INDEX payment_booking ON payment (booking_id) WHERE booking_id IS NOT NULL;

CREATE TABLE audit_entry (
  id         uuid PRIMARY KEY,
  at         timestamptz NOT NULL,
  actor_type text NOT NULL,
  actor_id   text,
  action     text NOT NULL,
  subject    text,
  request_id text
);
CREATE INDEX audit_entry_at ON audit_entry (at DESC, id DESC);
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, at DESC, id DESC);
CREATE INDEX audit_entry_subject ON audit_entry (subject, at DESC, id DESC);
