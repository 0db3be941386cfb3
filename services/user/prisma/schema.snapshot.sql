-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- tables

CREATE TABLE public.address (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  label text NOT NULL,
  line1 text NOT NULL,
  line2 text,
  postal_code text NOT NULL,
  city text NOT NULL,
  country_code text NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.audit_source (
  event_id uuid NOT NULL,
  address text NOT NULL,
  seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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

CREATE TABLE public.profile (
  id uuid NOT NULL,
  display_name text NOT NULL,
  name_due boolean NOT NULL,
  name_edited boolean NOT NULL,
  locale text NOT NULL,
  time_zone text NOT NULL,
  plan_id uuid,
  status text NOT NULL,
  version integer NOT NULL,
  account_version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
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

CREATE TABLE public.team (
  id uuid NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.team_invitation (
  id uuid NOT NULL,
  team_id uuid NOT NULL,
  user_id uuid,
  email text,
  role text NOT NULL,
  invited_by uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.team_member (
  team_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  added_at timestamp with time zone NOT NULL
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.address ADD CONSTRAINT address_country_code_check CHECK ((country_code ~ '^[A-Z]{2}$'::text));
ALTER TABLE public.address ADD CONSTRAINT address_pkey PRIMARY KEY (id);
ALTER TABLE public.address ADD CONSTRAINT address_user_id_fkey FOREIGN KEY (user_id) REFERENCES profile(id) ON DELETE CASCADE;
ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal_id, method, path, key);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.profile ADD CONSTRAINT profile_pkey PRIMARY KEY (id);
ALTER TABLE public.profile ADD CONSTRAINT profile_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text])));
ALTER TABLE public.profile ADD CONSTRAINT profile_version_check CHECK ((version >= 1));
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.team ADD CONSTRAINT team_pkey PRIMARY KEY (id);
ALTER TABLE public.team ADD CONSTRAINT team_version_check CHECK ((version >= 1));
ALTER TABLE public.team_invitation ADD CONSTRAINT team_invitation_check CHECK (((user_id IS NOT NULL) OR (email IS NOT NULL)));
ALTER TABLE public.team_invitation ADD CONSTRAINT team_invitation_pkey PRIMARY KEY (id);
ALTER TABLE public.team_invitation ADD CONSTRAINT team_invitation_role_check CHECK ((role = ANY (ARRAY['member'::text, 'team-admin'::text])));
ALTER TABLE public.team_invitation ADD CONSTRAINT team_invitation_team_id_fkey FOREIGN KEY (team_id) REFERENCES team(id) ON DELETE CASCADE;
ALTER TABLE public.team_invitation ADD CONSTRAINT team_invitation_user_id_fkey FOREIGN KEY (user_id) REFERENCES profile(id) ON DELETE CASCADE;
ALTER TABLE public.team_member ADD CONSTRAINT team_member_pkey PRIMARY KEY (team_id, user_id);
ALTER TABLE public.team_member ADD CONSTRAINT team_member_role_check CHECK ((role = ANY (ARRAY['member'::text, 'team-admin'::text])));
ALTER TABLE public.team_member ADD CONSTRAINT team_member_team_id_fkey FOREIGN KEY (team_id) REFERENCES team(id) ON DELETE CASCADE;
ALTER TABLE public.team_member ADD CONSTRAINT team_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES profile(id) ON DELETE CASCADE;
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX address_user_idx ON public.address USING btree (user_id, id);
CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX idempotency_created_at ON public.idempotency USING btree (created_at);
CREATE INDEX profile_name_due_idx ON public.profile USING btree (id) WHERE name_due;
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
CREATE INDEX team_invitation_email ON public.team_invitation USING btree (email, id DESC) WHERE (email IS NOT NULL);
CREATE UNIQUE INDEX team_invitation_once_by_email ON public.team_invitation USING btree (team_id, email) WHERE (email IS NOT NULL);
CREATE UNIQUE INDEX team_invitation_once_by_id ON public.team_invitation USING btree (team_id, user_id) WHERE (email IS NULL);
CREATE INDEX team_invitation_team ON public.team_invitation USING btree (team_id, id DESC);
CREATE INDEX team_invitation_user ON public.team_invitation USING btree (user_id, id DESC);
CREATE INDEX team_member_user_idx ON public.team_member USING btree (user_id, team_id) INCLUDE (role);
