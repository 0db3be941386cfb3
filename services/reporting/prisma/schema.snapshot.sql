-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- extensions

CREATE EXTENSION btree_gist;

-- tables

CREATE TABLE public.audit_entry (
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  action text NOT NULL,
  subject text,
  request_id text,
  service text,
  person text,
  before jsonb,
  after jsonb,
  trace_id text
);

CREATE TABLE public.audit_source (
  event_id uuid NOT NULL,
  address text NOT NULL,
  seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.booking (
  id uuid NOT NULL,
  version integer NOT NULL,
  status text NOT NULL,
  user_id uuid NOT NULL,
  location_id uuid NOT NULL,
  space_id uuid NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  checked_out_at timestamp with time zone,
  currency text NOT NULL,
  total_minor bigint NOT NULL,
  payment_method text NOT NULL,
  used tstzrange GENERATED ALWAYS AS (tstzrange(starts_at, GREATEST(starts_at, LEAST(ends_at, COALESCE(checked_out_at, ends_at))))) STORED,
  counts boolean GENERATED ALWAYS AS ((status = ANY (ARRAY['confirmed'::text, 'checked_in'::text, 'completed'::text, 'no_show'::text]))) STORED NOT NULL
);

CREATE TABLE public.closure (
  id uuid NOT NULL,
  version integer NOT NULL,
  location_id uuid NOT NULL,
  space_ids uuid[],
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  deleted boolean NOT NULL
);

CREATE TABLE public.dead_letter (
  id uuid DEFAULT uuidv7() NOT NULL,
  event_id uuid,
  topic text NOT NULL,
  key text NOT NULL,
  type text,
  reason text NOT NULL,
  message text NOT NULL,
  error text NOT NULL,
  trace text,
  failures integer NOT NULL,
  log_partition integer NOT NULL,
  log_offset bigint NOT NULL,
  died_at timestamp with time zone NOT NULL,
  code text,
  handled boolean DEFAULT false NOT NULL
);

CREATE TABLE public.inbox (
  event_id uuid NOT NULL,
  topic text NOT NULL,
  type text NOT NULL
);

CREATE TABLE public.location (
  id uuid NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  time_zone text NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  opening_hours jsonb NOT NULL,
  week_starts_on smallint NOT NULL
);

CREATE TABLE public.outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  id uuid DEFAULT uuidv7() NOT NULL,
  partition smallint GENERATED ALWAYS AS (((hashtextextended(key, (0)::bigint) & (15)::bigint))::smallint) STORED NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  traceparent text,
  occurred_at timestamp with time zone NOT NULL
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=2000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=10000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=5000);

CREATE TABLE public.outbox_lease (
  scope text NOT NULL,
  unit text NOT NULL,
  owner text,
  leased_until timestamp with time zone
) WITH (fillfactor=50);

CREATE TABLE public.outbox_member (
  scope text NOT NULL,
  owner text NOT NULL,
  kinds text[] NOT NULL,
  leased_until timestamp with time zone NOT NULL
);

CREATE TABLE public.parked_key (
  topic text NOT NULL,
  key text NOT NULL,
  parked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.payment (
  id uuid NOT NULL,
  version integer NOT NULL,
  booking_id uuid,
  status text NOT NULL,
  currency text NOT NULL,
  captured_minor bigint NOT NULL,
  refunded_minor bigint NOT NULL
);

CREATE TABLE public.raw_event (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  id uuid NOT NULL,
  topic text NOT NULL,
  type text NOT NULL,
  subject text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  event json NOT NULL
);

CREATE TABLE public.schema_migration (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL
);

CREATE TABLE public.settled_dead_letter (
  id uuid NOT NULL,
  outcome text NOT NULL,
  event_id uuid,
  settled_at timestamp with time zone NOT NULL
);

CREATE TABLE public.space (
  id uuid NOT NULL,
  version integer NOT NULL,
  location_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  units_active integer NOT NULL
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.audit_entry ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);
ALTER TABLE public.audit_entry ADD CONSTRAINT audit_entry_trace_id_check CHECK ((trace_id ~ '^[0-9a-f]{32}$'::text));
ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.booking ADD CONSTRAINT booking_pkey PRIMARY KEY (id);
ALTER TABLE public.closure ADD CONSTRAINT closure_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.location ADD CONSTRAINT location_pkey PRIMARY KEY (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.payment ADD CONSTRAINT payment_pkey PRIMARY KEY (id);
ALTER TABLE public.raw_event ADD CONSTRAINT raw_event_id_key UNIQUE (id);
ALTER TABLE public.raw_event ADD CONSTRAINT raw_event_pkey PRIMARY KEY (seq);
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.space ADD CONSTRAINT space_pkey PRIMARY KEY (id);
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX audit_entry_actor ON public.audit_entry USING btree (actor_id, at DESC, id DESC);
CREATE INDEX audit_entry_at ON public.audit_entry USING btree (at DESC, id DESC);
CREATE INDEX audit_entry_person ON public.audit_entry USING btree (person, at DESC, id DESC);
CREATE INDEX audit_entry_subject ON public.audit_entry USING btree (subject, at DESC, id DESC);
CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX booking_checked_in ON public.booking USING btree (status) WHERE (status = 'checked_in'::text);
CREATE INDEX booking_starts_at ON public.booking USING btree (location_id, starts_at);
CREATE INDEX booking_used ON public.booking USING gist (location_id, used) WHERE counts;
CREATE INDEX closure_location ON public.closure USING btree (location_id, ends_at);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX payment_booking ON public.payment USING btree (booking_id) WHERE (booking_id IS NOT NULL);
CREATE INDEX raw_event_occurred_at ON public.raw_event USING btree (occurred_at DESC);
CREATE INDEX raw_event_subject ON public.raw_event USING btree (subject, seq);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
CREATE INDEX space_location ON public.space USING btree (location_id);
