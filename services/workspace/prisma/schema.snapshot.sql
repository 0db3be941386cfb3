-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- tables

CREATE TABLE public.audit_source (
  event_id uuid NOT NULL,
  address text NOT NULL,
  seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.catalogue (
  single boolean DEFAULT true NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE public.closure (
  id uuid NOT NULL,
  version integer NOT NULL,
  location_id uuid NOT NULL,
  space_ids uuid[] NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  reason text NOT NULL,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL
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

CREATE TABLE public.idempotency (
  principal_id uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  resource_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL
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
  address text NOT NULL,
  currency text NOT NULL,
  tax_rate_percent double precision NOT NULL,
  week_starts_on smallint NOT NULL,
  opening_hours jsonb NOT NULL,
  archived_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
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

CREATE TABLE public.policy (
  id uuid NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  min_minutes integer,
  max_minutes integer,
  grid_minutes integer,
  lead_minutes integer,
  advance_days integer,
  cancellation jsonb,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.price_book (
  id uuid NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  currency text NOT NULL,
  rules jsonb NOT NULL,
  day_cap_minor integer,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.retirement (
  space_id uuid NOT NULL,
  id uuid NOT NULL,
  next_revision integer NOT NULL,
  started_at timestamp with time zone NOT NULL
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
  revision integer NOT NULL,
  location_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  capacity integer NOT NULL,
  amenities text[] NOT NULL,
  buffer_before_minutes integer NOT NULL,
  buffer_after_minutes integer NOT NULL,
  policy_id uuid,
  price_book_id uuid,
  status text NOT NULL,
  floor jsonb,
  archived_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.unit (
  id uuid NOT NULL,
  space_id uuid NOT NULL,
  number integer NOT NULL,
  status text NOT NULL,
  removed_at timestamp with time zone
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.catalogue ADD CONSTRAINT catalogue_pkey PRIMARY KEY (single);
ALTER TABLE public.catalogue ADD CONSTRAINT catalogue_single_check CHECK (single);
ALTER TABLE public.closure ADD CONSTRAINT closure_check CHECK ((starts_at < ends_at));
ALTER TABLE public.closure ADD CONSTRAINT closure_location_id_fkey FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE public.closure ADD CONSTRAINT closure_pkey PRIMARY KEY (id);
ALTER TABLE public.closure ADD CONSTRAINT closure_version_check CHECK ((version > 0));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal_id, method, path, key);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.location ADD CONSTRAINT location_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
ALTER TABLE public.location ADD CONSTRAINT location_pkey PRIMARY KEY (id);
ALTER TABLE public.location ADD CONSTRAINT location_tax_rate_percent_check CHECK (((tax_rate_percent >= (0)::double precision) AND (tax_rate_percent <= (100)::double precision)));
ALTER TABLE public.location ADD CONSTRAINT location_version_check CHECK ((version > 0));
ALTER TABLE public.location ADD CONSTRAINT location_week_starts_on_check CHECK (((week_starts_on >= 1) AND (week_starts_on <= 7)));
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.policy ADD CONSTRAINT policy_advance_days_check CHECK (((advance_days >= 1) AND (advance_days <= 400)));
ALTER TABLE public.policy ADD CONSTRAINT policy_check CHECK ((min_minutes <= max_minutes));
ALTER TABLE public.policy ADD CONSTRAINT policy_grid_minutes_check CHECK ((grid_minutes > 0));
ALTER TABLE public.policy ADD CONSTRAINT policy_lead_minutes_check CHECK ((lead_minutes >= 0));
ALTER TABLE public.policy ADD CONSTRAINT policy_max_minutes_check CHECK ((max_minutes > 0));
ALTER TABLE public.policy ADD CONSTRAINT policy_min_minutes_check CHECK ((min_minutes > 0));
ALTER TABLE public.policy ADD CONSTRAINT policy_pkey PRIMARY KEY (id);
ALTER TABLE public.policy ADD CONSTRAINT policy_version_check CHECK ((version > 0));
ALTER TABLE public.price_book ADD CONSTRAINT price_book_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
ALTER TABLE public.price_book ADD CONSTRAINT price_book_day_cap_minor_check CHECK ((day_cap_minor >= 0));
ALTER TABLE public.price_book ADD CONSTRAINT price_book_pkey PRIMARY KEY (id);
ALTER TABLE public.price_book ADD CONSTRAINT price_book_version_check CHECK ((version > 0));
ALTER TABLE public.retirement ADD CONSTRAINT retirement_pkey PRIMARY KEY (space_id);
ALTER TABLE public.retirement ADD CONSTRAINT retirement_space_id_fkey FOREIGN KEY (space_id) REFERENCES space(id);
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.space ADD CONSTRAINT space_buffer_after_minutes_check CHECK ((buffer_after_minutes >= 0));
ALTER TABLE public.space ADD CONSTRAINT space_buffer_before_minutes_check CHECK ((buffer_before_minutes >= 0));
ALTER TABLE public.space ADD CONSTRAINT space_capacity_check CHECK ((capacity > 0));
ALTER TABLE public.space ADD CONSTRAINT space_kind_check CHECK ((kind = ANY (ARRAY['desk'::text, 'room'::text, 'office'::text, 'equipment'::text])));
ALTER TABLE public.space ADD CONSTRAINT space_location_id_fkey FOREIGN KEY (location_id) REFERENCES location(id);
ALTER TABLE public.space ADD CONSTRAINT space_pkey PRIMARY KEY (id);
ALTER TABLE public.space ADD CONSTRAINT space_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id);
ALTER TABLE public.space ADD CONSTRAINT space_price_book_id_fkey FOREIGN KEY (price_book_id) REFERENCES price_book(id);
ALTER TABLE public.space ADD CONSTRAINT space_revision_check CHECK ((revision > 0));
ALTER TABLE public.space ADD CONSTRAINT space_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text])));
ALTER TABLE public.space ADD CONSTRAINT space_version_check CHECK ((version > 0));
ALTER TABLE public.unit ADD CONSTRAINT unit_number_check CHECK ((number > 0));
ALTER TABLE public.unit ADD CONSTRAINT unit_pkey PRIMARY KEY (id);
ALTER TABLE public.unit ADD CONSTRAINT unit_space_id_fkey FOREIGN KEY (space_id) REFERENCES space(id);
ALTER TABLE public.unit ADD CONSTRAINT unit_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text])));
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX closure_location ON public.closure USING btree (location_id, ends_at) WHERE (deleted_at IS NULL);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX idempotency_created_at ON public.idempotency USING btree (created_at);
CREATE INDEX retirement_started_at ON public.retirement USING btree (started_at);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
CREATE INDEX space_location ON public.space USING btree (location_id, id) WHERE (archived_at IS NULL);
CREATE INDEX space_price_book ON public.space USING btree (price_book_id) WHERE (archived_at IS NULL);
CREATE UNIQUE INDEX unit_number ON public.unit USING btree (space_id, number) WHERE (removed_at IS NULL);
