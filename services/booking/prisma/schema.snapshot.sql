-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- extensions

CREATE EXTENSION btree_gist;

-- tables

CREATE TABLE public.attempt (
  id uuid NOT NULL,
  booking_id uuid NOT NULL,
  purpose text NOT NULL,
  change_id uuid,
  status text NOT NULL,
  method text NOT NULL,
  token text,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  amount_credits bigint NOT NULL,
  keep_minor bigint,
  keep_credits bigint,
  reason_code text,
  next_action jsonb,
  payment_id uuid,
  payment_version integer DEFAULT 0 NOT NULL,
  payment_status text,
  release_owed boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone,
  promised boolean DEFAULT false NOT NULL
) WITH (fillfactor=70);

CREATE TABLE public.audit_source (
  event_id uuid NOT NULL,
  address text NOT NULL,
  seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.booking (
  id uuid NOT NULL,
  reference text NOT NULL,
  user_id uuid NOT NULL,
  team_id uuid,
  space_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  location_id uuid NOT NULL,
  kind text NOT NULL,
  space_name text NOT NULL,
  unit_name text NOT NULL,
  location_name text NOT NULL,
  time_zone text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  buffer_before_minutes integer DEFAULT 0 NOT NULL,
  buffer_after_minutes integer DEFAULT 0 NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  title text,
  reason text,
  attendees jsonb DEFAULT '[]'::jsonb NOT NULL,
  currency text NOT NULL,
  net_minor bigint NOT NULL,
  tax_minor bigint NOT NULL,
  total_minor bigint NOT NULL,
  total_credits bigint,
  lines jsonb DEFAULT '[]'::jsonb NOT NULL,
  policy jsonb DEFAULT '{}'::jsonb NOT NULL,
  payment_method text DEFAULT 'none'::text NOT NULL,
  payment_status text DEFAULT 'none'::text NOT NULL,
  payment_id uuid,
  attempt_id uuid,
  hold_expires_at timestamp with time zone,
  held_until timestamp with time zone,
  withdrawn boolean DEFAULT false NOT NULL,
  checked_in_at timestamp with time zone,
  checked_out_at timestamp with time zone,
  reason_code text,
  refund_minor bigint,
  refund_credits bigint,
  refund_percent integer,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
) WITH (fillfactor=70);

CREATE TABLE public.booking_history (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  booking_id uuid NOT NULL,
  version integer NOT NULL,
  at timestamp with time zone NOT NULL,
  what text NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  trace_id text,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.claim (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  unit_id uuid NOT NULL,
  during tstzrange NOT NULL,
  location_id uuid NOT NULL,
  claimed_from timestamp with time zone GENERATED ALWAYS AS (lower(during)) STORED NOT NULL,
  claimed_until timestamp with time zone GENERATED ALWAYS AS (upper(during)) STORED NOT NULL,
  span smallint GENERATED ALWAYS AS (
CASE
    WHEN ((upper(during) - lower(during)) <= '04:00:00'::interval) THEN 0
    WHEN ((upper(during) - lower(during)) <= '24:00:00'::interval) THEN 1
    ELSE 2
END) STORED NOT NULL,
  booking_id uuid NOT NULL,
  active boolean DEFAULT true NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  change_id uuid
);

CREATE TABLE public.closure (
  id uuid NOT NULL,
  version integer NOT NULL,
  location_id uuid NOT NULL,
  space_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  deleted boolean DEFAULT false NOT NULL,
  stored_tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
  horizon xid8,
  settled_at timestamp with time zone
);

CREATE TABLE public.counter (
  key text NOT NULL,
  used integer NOT NULL
);

CREATE TABLE public.deactivated_user (
  user_id uuid NOT NULL,
  version integer NOT NULL,
  deactivated_at timestamp with time zone NOT NULL,
  stored_tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
  horizon xid8,
  settled_at timestamp with time zone
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
  principal uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  booking_id uuid NOT NULL,
  body_hash text NOT NULL,
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

CREATE TABLE public.pending_change (
  booking_id uuid NOT NULL,
  id uuid NOT NULL,
  base_version integer NOT NULL,
  attempt_id uuid NOT NULL,
  space_id uuid NOT NULL,
  unit_id uuid NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  currency text NOT NULL,
  total_minor bigint NOT NULL,
  target jsonb NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.reactivated_user (
  user_id uuid NOT NULL,
  version integer NOT NULL
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

CREATE TABLE public.space_revision (
  space_id uuid NOT NULL,
  lowest integer NOT NULL
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.attempt ADD CONSTRAINT attempt_amount_credits_check CHECK ((amount_credits >= 0));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_amount_minor_check CHECK ((amount_minor >= 0));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_booking_id_fkey FOREIGN KEY (booking_id) REFERENCES booking(id);
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check CHECK (((keep_minor >= 0) AND (keep_minor <= amount_minor)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check1 CHECK (((keep_credits >= 0) AND (keep_credits <= amount_credits)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check2 CHECK (((status = 'open'::text) OR (token IS NULL)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_method_check CHECK ((method = ANY (ARRAY['card'::text, 'credits'::text])));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_pkey PRIMARY KEY (id);
ALTER TABLE public.attempt ADD CONSTRAINT attempt_purpose_check CHECK ((purpose = ANY (ARRAY['create'::text, 'pay'::text, 'change'::text])));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_status_check CHECK ((status = ANY (ARRAY['open'::text, 'authorized'::text, 'refused'::text, 'unsent'::text, 'abandoned'::text])));
ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.booking ADD CONSTRAINT booking_buffer_after_minutes_check CHECK ((buffer_after_minutes >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_buffer_before_minutes_check CHECK ((buffer_before_minutes >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_check CHECK ((starts_at < ends_at));
ALTER TABLE public.booking ADD CONSTRAINT booking_check1 CHECK (((status = ANY (ARRAY['held'::text, 'pending_payment'::text])) <= (hold_expires_at IS NOT NULL)));
ALTER TABLE public.booking ADD CONSTRAINT booking_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
ALTER TABLE public.booking ADD CONSTRAINT booking_kind_check CHECK ((kind = ANY (ARRAY['desk'::text, 'room'::text, 'office'::text, 'equipment'::text])));
ALTER TABLE public.booking ADD CONSTRAINT booking_net_minor_check CHECK ((net_minor >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_payment_method_check CHECK ((payment_method = ANY (ARRAY['card'::text, 'credits'::text, 'none'::text])));
ALTER TABLE public.booking ADD CONSTRAINT booking_payment_status_check CHECK ((payment_status = ANY (ARRAY['none'::text, 'pending'::text, 'authorized'::text, 'captured'::text, 'voided'::text, 'refunded'::text, 'failed'::text])));
ALTER TABLE public.booking ADD CONSTRAINT booking_pkey PRIMARY KEY (id);
ALTER TABLE public.booking ADD CONSTRAINT booking_reason_code_check CHECK ((reason_code = ANY (ARRAY['member'::text, 'operator'::text, 'payment-refused'::text, 'payment-failed'::text, 'deactivated'::text, 'expired'::text, 'closure'::text])));
ALTER TABLE public.booking ADD CONSTRAINT booking_reference_key UNIQUE (reference);
ALTER TABLE public.booking ADD CONSTRAINT booking_refund_percent_check CHECK (((refund_percent >= 0) AND (refund_percent <= 100)));
ALTER TABLE public.booking ADD CONSTRAINT booking_status_check CHECK ((status = ANY (ARRAY['held'::text, 'pending_approval'::text, 'pending_payment'::text, 'confirmed'::text, 'checked_in'::text, 'completed'::text, 'expired'::text, 'declined'::text, 'cancelled'::text, 'no_show'::text])));
ALTER TABLE public.booking ADD CONSTRAINT booking_tax_minor_check CHECK ((tax_minor >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_total_credits_check CHECK ((total_credits >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_total_minor_check CHECK ((total_minor >= 0));
ALTER TABLE public.booking ADD CONSTRAINT booking_version_check CHECK ((version >= 0));
ALTER TABLE public.booking_history ADD CONSTRAINT booking_history_actor_type_check CHECK ((actor_type = ANY (ARRAY['user'::text, 'service'::text, 'system'::text])));
ALTER TABLE public.booking_history ADD CONSTRAINT booking_history_pkey PRIMARY KEY (id);
ALTER TABLE public.claim ADD CONSTRAINT claim_booking_id_fkey FOREIGN KEY (booking_id) REFERENCES booking(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.claim ADD CONSTRAINT claim_bounded CHECK (((NOT isempty(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during)) AND isfinite(lower(during)) AND isfinite(upper(during))));
ALTER TABLE public.claim ADD CONSTRAINT claim_no_overlap EXCLUDE USING gist (unit_id WITH =, during WITH &&, booking_id WITH <>) WHERE (active);
ALTER TABLE public.claim ADD CONSTRAINT claim_pkey PRIMARY KEY (id);
ALTER TABLE public.closure ADD CONSTRAINT closure_pkey PRIMARY KEY (id);
ALTER TABLE public.counter ADD CONSTRAINT counter_pkey PRIMARY KEY (key);
ALTER TABLE public.counter ADD CONSTRAINT counter_used_check CHECK ((used >= 0));
ALTER TABLE public.deactivated_user ADD CONSTRAINT deactivated_user_pkey PRIMARY KEY (user_id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal, method, path, key);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.pending_change ADD CONSTRAINT pending_change_booking_id_fkey FOREIGN KEY (booking_id) REFERENCES booking(id);
ALTER TABLE public.pending_change ADD CONSTRAINT pending_change_id_key UNIQUE (id);
ALTER TABLE public.pending_change ADD CONSTRAINT pending_change_pkey PRIMARY KEY (booking_id);
ALTER TABLE public.reactivated_user ADD CONSTRAINT reactivated_user_pkey PRIMARY KEY (user_id);
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.space_revision ADD CONSTRAINT space_revision_pkey PRIMARY KEY (space_id);
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);

-- indexes

CREATE INDEX attempt_booking ON public.attempt USING btree (booking_id);
CREATE UNIQUE INDEX attempt_open ON public.attempt USING btree (booking_id) WHERE (status = 'open'::text);
CREATE INDEX attempt_release ON public.attempt USING btree (created_at) WHERE release_owed;
CREATE INDEX attempt_unanswered ON public.attempt USING btree (created_at) WHERE (status = 'open'::text);
CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX booking_ending ON public.booking USING btree (ends_at) WHERE (status = ANY (ARRAY['confirmed'::text, 'checked_in'::text]));
CREATE INDEX booking_history_booking ON public.booking_history USING btree (booking_id, id);
CREATE INDEX booking_location ON public.booking USING btree (location_id, starts_at, id);
CREATE INDEX booking_overdue ON public.booking USING btree (hold_expires_at) WHERE (status = ANY (ARRAY['held'::text, 'pending_payment'::text]));
CREATE INDEX booking_personal ON public.booking USING btree (ends_at) WHERE ((title IS NOT NULL) OR (attendees <> '[]'::jsonb) OR (reason IS NOT NULL));
CREATE INDEX booking_space ON public.booking USING btree (space_id, starts_at, id);
CREATE INDEX booking_start ON public.booking USING btree (starts_at, id);
CREATE INDEX booking_unused_hold ON public.booking USING btree (updated_at) WHERE ((version = 0) AND (status = ANY (ARRAY['expired'::text, 'cancelled'::text])));
CREATE INDEX booking_user ON public.booking USING btree (user_id, starts_at, id);
CREATE INDEX claim_booking ON public.claim USING btree (booking_id);
CREATE INDEX claim_day ON public.claim USING btree (location_id, span, claimed_from) INCLUDE (unit_id, claimed_until) WHERE active;
CREATE INDEX closure_location ON public.closure USING btree (location_id, ends_at) WHERE (NOT deleted);
CREATE INDEX closure_unsettled ON public.closure USING btree (id) WHERE (settled_at IS NULL);
CREATE INDEX deactivated_user_unsettled ON public.deactivated_user USING btree (user_id) WHERE (settled_at IS NULL);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX idempotency_age ON public.idempotency USING btree (created_at);
CREATE INDEX idempotency_booking ON public.idempotency USING btree (booking_id);
CREATE INDEX pending_change_overdue ON public.pending_change USING btree (expires_at);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);

-- functions

-- public.abandon_attempts(p_booking uuid, p_now timestamp with time zone) returns void, volatile
-- public.apply_change(b booking, p_target jsonb, p_change uuid, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
-- public.apply_paid_change(b booking, a attempt, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
-- public.assert_bookable(p_user uuid, p_space uuid, p_location uuid, p_starts timestamp with time zone, p_ends timestamp with time zone, p_revision integer) returns void, volatile
-- public.booking_before(b booking) returns jsonb, stable
-- public.booking_state(b booking, p_at timestamp with time zone, p_previous jsonb DEFAULT NULL::jsonb) returns jsonb, stable
-- public.booking_view(b booking) returns jsonb, stable
-- public.booking_view_plain(b booking) returns jsonb, stable
-- public.buffered(p_starts timestamp with time zone, p_ends timestamp with time zone, p_before integer, p_after integer) returns tstzrange, immutable
-- public.cancel_booking(p_booking uuid, p_version integer, p_reason_code text, p_percent integer, p_reason text, p_key jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile, plan_cache_mode=force_generic_plan, enable_seqscan=off
-- public.cancel_bookings_of(p_user uuid, p_limit integer, p_now timestamp with time zone, p_by jsonb) returns integer, volatile
-- public.change_words(p_booking uuid, p_version integer, p_words jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile
-- public.check_in_booking(p_booking uuid, p_version integer, p_key jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile
-- public.check_out_booking(p_booking uuid, p_version integer, p_key jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile
-- public.claim_booking(p jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile, plan_cache_mode=force_generic_plan, enable_seqscan=off
-- public.claim_unit(p_units uuid[], p_during tstzrange, p_starts timestamp with time zone, p_ends timestamp with time zone, p_location uuid, p_booking uuid, p_change uuid) returns uuid, volatile
-- public.complete_booking(b booking, p_checked_out timestamp with time zone, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
-- public.confirm_paid(b booking, a attempt, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
-- public.drop_change(p_booking uuid, p_now timestamp with time zone, p_owed boolean) returns boolean, volatile
-- public.end_booking(b booking, p_reason_code text, p_percent integer, p_reason text, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
-- public.expire_bookings(p_ids uuid[], p_now timestamp with time zone, p_by jsonb, p_skip_locked boolean, p_counter text DEFAULT NULL::text) returns integer, volatile
-- public.expire_changes(p_bookings uuid[], p_now timestamp with time zone, p_by jsonb, p_skip_locked boolean) returns integer, volatile
-- public.expire_overdue_on(p_units uuid[], p_during tstzrange, p_user uuid, p_now timestamp with time zone, p_by jsonb) returns void, volatile
-- public.holds_no_money(b booking) returns boolean, immutable
-- public.insert_booking(b booking, p jsonb) returns booking, volatile
-- public.keep_of_attempts(p_booking uuid, p_minor bigint, p_credits bigint) returns void, volatile
-- public.keep_of_attempts(p_booking uuid, p_minor bigint, p_credits bigint, p_change uuid) returns void, volatile
-- public.list_conflicts(p_units uuid[], p_during tstzrange, p_booking uuid, p_now timestamp with time zone) returns jsonb, stable
-- public.list_free_units(p_units uuid[], p_during tstzrange, p_booking uuid) returns uuid[], stable
-- public.list_location_claims(p_location uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_now timestamp with time zone) returns TABLE(claims bytea, overdue bytea), stable
-- public.list_overdue_claims(p_from timestamp with time zone, p_to timestamp with time zone, p_now timestamp with time zone) returns bytea, stable
-- public.list_unit_claims(p_units uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_now timestamp with time zone) returns TABLE(claims bytea, overdue bytea), stable
-- public.lock_hold(p_hold uuid, b booking, p_now timestamp with time zone, p_unit_asked boolean) returns booking, volatile
-- public.note(b booking, p_what text, p_now timestamp with time zone, p_by jsonb, p_detail jsonb DEFAULT '{}'::jsonb) returns void, volatile
-- public.note_payment(p_attempt uuid, p_payment uuid, p_version integer, p_status text, p_reason text, p_now timestamp with time zone, p_by jsonb) returns boolean, volatile, plan_cache_mode=force_generic_plan, enable_seqscan=off
-- public.open_attempt(p jsonb, p_booking uuid, p_purpose text, p_change uuid, p_now timestamp with time zone) returns void, volatile
-- public.pack_claim(p_unit uuid, p_from timestamp with time zone, p_until timestamp with time zone) returns bytea, stable
-- public.publish(b booking, p_what text, p_now timestamp with time zone, p_by jsonb, p_detail jsonb DEFAULT '{}'::jsonb, p_previous jsonb DEFAULT NULL::jsonb) returns void, volatile
-- public.publish_rescheduled(b booking, p_before booking, p_now timestamp with time zone, p_by jsonb) returns void, volatile
-- public.refuse(p_slug text, p_detail jsonb DEFAULT '{}'::jsonb) returns void, volatile
-- public.release_hold(p_hold uuid, p_user uuid, p_now timestamp with time zone, p_by jsonb) returns boolean, volatile
-- public.release_hold_counters(p_keys text[], p_also_lock text DEFAULT NULL::text) returns void, volatile
-- public.retire_units(p_spaces jsonb, p_at timestamp with time zone, p_now timestamp with time zone) returns boolean, volatile
-- public.settle_attempt(p_attempt uuid, p_status text, p_payment uuid, p_reason text, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile, plan_cache_mode=force_generic_plan, enable_seqscan=off
-- public.start_change(p jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile, plan_cache_mode=force_generic_plan, enable_seqscan=off
-- public.start_payment(p_booking uuid, p_attempt jsonb, p_key jsonb, p_now timestamp with time zone, p_by jsonb) returns jsonb, volatile
-- public.sweep_ended(p_limit integer, p_now timestamp with time zone, p_by jsonb) returns integer, volatile
-- public.sweep_forgotten(p_limit integer, p_now timestamp with time zone) returns integer, volatile
-- public.sweep_overdue(p_limit integer, p_now timestamp with time zone, p_by jsonb) returns integer, volatile
-- public.take_key(p_key jsonb, p_booking uuid, p_now timestamp with time zone) returns uuid, volatile
-- public.to_instant(p_at timestamp with time zone) returns text, stable
-- public.turn_hold(h booking, b booking, p_now timestamp with time zone) returns booking, volatile
-- public.unwind_booking(b booking, p_unsent boolean, p_now timestamp with time zone, p_by jsonb) returns booking, volatile
