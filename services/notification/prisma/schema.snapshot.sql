-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- tables

CREATE TABLE public.audit_source (
  event_id uuid NOT NULL,
  address text NOT NULL,
  seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.booking (
  id uuid NOT NULL,
  version integer NOT NULL,
  user_id uuid NOT NULL,
  status text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone NOT NULL,
  reminded_for timestamp with time zone,
  facts jsonb NOT NULL
);

CREATE TABLE public.closure (
  id uuid NOT NULL,
  version integer NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  deleted boolean NOT NULL,
  told_at timestamp with time zone
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

CREATE TABLE public.mailbox (
  id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  event_id uuid NOT NULL,
  user_id uuid NOT NULL,
  recipient text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  html text NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.message (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  channel text NOT NULL,
  user_id uuid NOT NULL,
  booking_id uuid,
  booking_version integer DEFAULT 0 NOT NULL,
  facts jsonb NOT NULL,
  state text DEFAULT 'owed'::text NOT NULL,
  reason_code text,
  failures integer DEFAULT 0 NOT NULL,
  waits integer DEFAULT 0 NOT NULL,
  due_at timestamp with time zone NOT NULL,
  lease_id uuid,
  created_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone
);

CREATE TABLE public.notification (
  id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  booking_id uuid,
  created_at timestamp with time zone NOT NULL,
  read_at timestamp with time zone
);

CREATE TABLE public.operator (
  user_id uuid NOT NULL,
  version integer NOT NULL,
  active boolean NOT NULL
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

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.booking ADD CONSTRAINT booking_pkey PRIMARY KEY (id);
ALTER TABLE public.closure ADD CONSTRAINT closure_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.mailbox ADD CONSTRAINT mailbox_pkey PRIMARY KEY (id);
ALTER TABLE public.mailbox ADD CONSTRAINT mailbox_seq_key UNIQUE (seq);
ALTER TABLE public.message ADD CONSTRAINT message_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'inbox'::text])));
ALTER TABLE public.message ADD CONSTRAINT message_event_id_kind_channel_user_id_key UNIQUE (event_id, kind, channel, user_id);
ALTER TABLE public.message ADD CONSTRAINT message_pkey PRIMARY KEY (id);
ALTER TABLE public.message ADD CONSTRAINT message_state_check CHECK ((state = ANY (ARRAY['owed'::text, 'sent'::text, 'dropped'::text, 'failed'::text])));
ALTER TABLE public.notification ADD CONSTRAINT notification_pkey PRIMARY KEY (id);
ALTER TABLE public.notification ADD CONSTRAINT notification_seq_key UNIQUE (seq);
ALTER TABLE public.operator ADD CONSTRAINT operator_pkey PRIMARY KEY (user_id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX booking_ended ON public.booking USING btree (ends_at);
CREATE INDEX booking_to_remind ON public.booking USING btree (starts_at) WHERE (status = 'confirmed'::text);
CREATE INDEX closure_untold ON public.closure USING btree (ends_at) WHERE ((told_at IS NULL) AND (NOT deleted));
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX mailbox_created ON public.mailbox USING btree (created_at);
CREATE INDEX message_finished ON public.message USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX message_owed ON public.message USING btree (due_at, id) WHERE (state = 'owed'::text);
CREATE INDEX message_owed_of_booking ON public.message USING btree (booking_id, booking_version) WHERE ((state = 'owed'::text) AND (booking_id IS NOT NULL));
CREATE INDEX notification_created ON public.notification USING btree (created_at);
CREATE INDEX notification_of_user ON public.notification USING btree (user_id, seq DESC);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
