-- What is still to be published. Written in the business transaction while the aggregate's row lock is held, so
-- that seq order is version order per key; rows leave when published. Partitions share the work among relays.
CREATE TABLE outbox (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id          uuid NOT NULL UNIQUE DEFAULT uuidv7(),
  partition   smallint NOT NULL GENERATED ALWAYS AS ((hashtextextended(key, 0) & 15)::smallint) STORED,
  topic       text NOT NULL,
  key         text NOT NULL,
  type        text NOT NULL,
  data        jsonb NOT NULL,
  traceparent text,
  occurred_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
        autovacuum_vacuum_insert_threshold = 10000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

-- Leases run on the database's own clock: they are about processes, not about bookings.
CREATE TABLE outbox_member (
  scope       text NOT NULL,
  owner       text NOT NULL,
  kinds       text[] NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (scope, owner)
);
CREATE TABLE outbox_lease (
  scope       text NOT NULL,
  unit        text NOT NULL,
  owner       text,
  leased_until timestamptz,
  PRIMARY KEY (scope, unit)
) WITH (fillfactor = 50);

-- Events whose effect stands in this database. Ids are UUIDv7, so the primary key is also the order of age.
CREATE TABLE inbox (
  event_id    uuid PRIMARY KEY,
  topic       text NOT NULL,
  type        text NOT NULL
);

CREATE TABLE dead_letter (
  id          uuid PRIMARY KEY DEFAULT uuidv7(),
  event_id    uuid,
  topic       text NOT NULL,
  key         text NOT NULL,
  type        text,
  reason      text NOT NULL CHECK (reason IN ('poison', 'failed', 'parked')),
  -- The message exactly as it came: a poison message need not be JSON.
  message     text NOT NULL,
  error       text NOT NULL,
  trace       text,
  failures    integer NOT NULL,
  log_partition integer NOT NULL,
  log_offset  bigint NOT NULL,
  died_at     timestamptz NOT NULL,
  UNIQUE (topic, log_partition, log_offset)
);
CREATE INDEX dead_letter_key ON dead_letter (topic, key);

-- Keys whose later events join the dead letter until it is settled: their handler cannot use versions.
CREATE TABLE parked_key (
  topic       text NOT NULL,
  key         text NOT NULL,
  parked_at   timestamptz NOT NULL,
  PRIMARY KEY (topic, key)
);
