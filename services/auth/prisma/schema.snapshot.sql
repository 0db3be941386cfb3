-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- tables

CREATE TABLE public.account (
  id uuid NOT NULL,
  email text NOT NULL,
  display_name text NOT NULL,
  password_hash text,
  status text NOT NULL,
  roles text[] NOT NULL,
  version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  verified_at timestamp with time zone,
  deactivated_at timestamp with time zone,
  one_time_password text,
  roles_version integer,
  roles_changed_at timestamp with time zone
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

CREATE TABLE public.inbox (
  event_id uuid NOT NULL,
  topic text NOT NULL,
  type text NOT NULL
);

CREATE TABLE public.known_device (
  account_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  last_seen_at timestamp with time zone NOT NULL
);

CREATE TABLE public.login_throttle (
  key bytea NOT NULL,
  failures integer NOT NULL,
  blocked_until timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  told_at timestamp with time zone
);

CREATE TABLE public.mail_request (
  minute timestamp with time zone NOT NULL,
  requests integer NOT NULL
);

CREATE TABLE public.one_time_token (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  purpose text NOT NULL,
  hash bytea NOT NULL,
  password_hash text,
  display_name text,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone
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

CREATE TABLE public.refresh_token (
  hash bytea NOT NULL,
  session_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone
);

CREATE TABLE public.schema_migration (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL
);

CREATE TABLE public.session (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  user_agent text,
  created_at timestamp with time zone NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  revoke_reason text
);

CREATE TABLE public.settled_dead_letter (
  id uuid NOT NULL,
  outcome text NOT NULL,
  event_id uuid,
  settled_at timestamp with time zone NOT NULL
);

CREATE TABLE public.signing_key (
  kid text NOT NULL,
  public_jwk jsonb NOT NULL,
  sealed_private_key bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  activates_at timestamp with time zone NOT NULL
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.account ADD CONSTRAINT account_active_has_password CHECK (((status <> 'active'::text) OR (password_hash IS NOT NULL)));
ALTER TABLE public.account ADD CONSTRAINT account_one_time_password_check CHECK ((one_time_password = ANY (ARRAY['unused'::text, 'used'::text])));
ALTER TABLE public.account ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE public.account ADD CONSTRAINT account_status_check CHECK ((status = ANY (ARRAY['unverified'::text, 'active'::text, 'deactivated'::text])));
ALTER TABLE public.account ADD CONSTRAINT account_version_check CHECK ((version >= 1));
ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.known_device ADD CONSTRAINT known_device_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE public.known_device ADD CONSTRAINT known_device_pkey PRIMARY KEY (account_id, fingerprint);
ALTER TABLE public.login_throttle ADD CONSTRAINT login_throttle_pkey PRIMARY KEY (key);
ALTER TABLE public.mail_request ADD CONSTRAINT mail_request_pkey PRIMARY KEY (minute);
ALTER TABLE public.one_time_token ADD CONSTRAINT one_time_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE public.one_time_token ADD CONSTRAINT one_time_token_hash_key UNIQUE (hash);
ALTER TABLE public.one_time_token ADD CONSTRAINT one_time_token_pkey PRIMARY KEY (id);
ALTER TABLE public.one_time_token ADD CONSTRAINT one_time_token_purpose_check CHECK ((purpose = ANY (ARRAY['verify-email'::text, 'reset-password'::text])));
ALTER TABLE public.one_time_token ADD CONSTRAINT one_time_token_verification_has_credentials CHECK (((purpose <> 'verify-email'::text) OR ((password_hash IS NOT NULL) AND (display_name IS NOT NULL))));
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.refresh_token ADD CONSTRAINT refresh_token_pkey PRIMARY KEY (hash);
ALTER TABLE public.refresh_token ADD CONSTRAINT refresh_token_session_id_fkey FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE;
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.session ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE public.session ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE public.session ADD CONSTRAINT session_revoke_reason_check CHECK ((revoke_reason = ANY (ARRAY['logout'::text, 'ended'::text, 'token-reused'::text, 'password-changed'::text, 'password-reset'::text, 'deactivated'::text, 'too-many'::text])));
ALTER TABLE public.session ADD CONSTRAINT session_revoked_has_reason CHECK (((revoked_at IS NULL) = (revoke_reason IS NULL)));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.signing_key ADD CONSTRAINT signing_key_activates_at_key UNIQUE (activates_at);
ALTER TABLE public.signing_key ADD CONSTRAINT signing_key_pkey PRIMARY KEY (kid);
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX account_active_admin_idx ON public.account USING btree (id) WHERE ((status = 'active'::text) AND ('admin'::text = ANY (roles)));
CREATE INDEX account_deactivated_idx ON public.account USING btree (deactivated_at) WHERE (deactivated_at IS NOT NULL);
CREATE UNIQUE INDEX account_email_key ON public.account USING btree (email);
CREATE INDEX account_roles_changed_idx ON public.account USING btree (roles_changed_at) WHERE (roles_changed_at IS NOT NULL);
CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX known_device_last_seen_idx ON public.known_device USING btree (last_seen_at);
CREATE INDEX login_throttle_updated_idx ON public.login_throttle USING btree (updated_at);
CREATE INDEX one_time_token_account_idx ON public.one_time_token USING btree (account_id, purpose, created_at);
CREATE INDEX one_time_token_expires_idx ON public.one_time_token USING btree (expires_at);
CREATE INDEX refresh_token_expires_idx ON public.refresh_token USING btree (expires_at);
CREATE INDEX refresh_token_session_idx ON public.refresh_token USING btree (session_id);
CREATE INDEX session_account_idx ON public.session USING btree (account_id, id) WHERE (revoked_at IS NULL);
CREATE INDEX session_expires_idx ON public.session USING btree (expires_at);
CREATE INDEX session_revoked_idx ON public.session USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
