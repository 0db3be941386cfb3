-- What the migrations make of this database, for reading and for review. Written by `pnpm schema:write`; nothing applies it.

-- tables

CREATE TABLE public.attempt (
  id uuid NOT NULL,
  booking_id uuid,
  user_id uuid,
  method text,
  token text,
  amount_minor bigint DEFAULT 0 NOT NULL,
  amount_credits bigint DEFAULT 0 NOT NULL,
  currency text,
  status text NOT NULL,
  reason_code text,
  released boolean DEFAULT false NOT NULL,
  traceparent text,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  due_at timestamp with time zone,
  lease_owner uuid,
  lease_until timestamp with time zone,
  unfinished boolean DEFAULT false NOT NULL,
  failures integer DEFAULT 0 NOT NULL,
  wishes integer DEFAULT 0 NOT NULL
) WITH (fillfactor=60);

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

CREATE TABLE public.grant_request (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  user_id uuid NOT NULL,
  amount_credits bigint NOT NULL,
  reason text NOT NULL,
  expires_at timestamp with time zone,
  status text DEFAULT 'pending'::text NOT NULL,
  requested_by uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  decided_by uuid,
  decided_at timestamp with time zone
);

CREATE TABLE public.idempotency (
  principal_id uuid NOT NULL,
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

CREATE TABLE public.ledger_entry (
  id uuid DEFAULT uuidv7() NOT NULL,
  at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  debit_account text NOT NULL,
  credit_account text NOT NULL,
  unit text NOT NULL,
  amount bigint NOT NULL,
  wallet_id uuid,
  bucket_id uuid,
  payment_id uuid,
  booking_id uuid,
  refund_id uuid,
  paid_bucket_id uuid
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
  attempt_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  user_id uuid NOT NULL,
  method text NOT NULL,
  status text NOT NULL,
  reason_code text,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  captured_minor bigint DEFAULT 0 NOT NULL,
  refunded_minor bigint DEFAULT 0 NOT NULL,
  amount_credits bigint NOT NULL,
  captured_credits bigint DEFAULT 0 NOT NULL,
  refunded_credits bigint DEFAULT 0 NOT NULL,
  version integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
) WITH (fillfactor=70);

CREATE TABLE public.refund (
  id uuid NOT NULL,
  payment_id uuid NOT NULL,
  origin text NOT NULL,
  status text NOT NULL,
  amount_minor bigint NOT NULL,
  amount_credits bigint NOT NULL,
  reason text,
  actor_id uuid,
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

CREATE TABLE public.target (
  attempt_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  booking_version integer NOT NULL,
  method text NOT NULL,
  amount_minor bigint NOT NULL,
  amount_credits bigint NOT NULL,
  keep_minor bigint,
  keep_credits bigint,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.waiting_partition (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  type text,
  error text NOT NULL,
  waiting_until timestamp with time zone NOT NULL
);

CREATE TABLE public.wallet (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  balance_credits bigint DEFAULT 0 NOT NULL,
  version integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.wallet_bucket (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  source text NOT NULL,
  reason text,
  balance_credits bigint NOT NULL,
  expires_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE sandbox.charge (
  key text NOT NULL,
  token text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  captured_minor bigint DEFAULT 0 NOT NULL,
  refunded_minor bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL
) WITH (fillfactor=70);

CREATE TABLE sandbox.refund (
  key text NOT NULL,
  charge_key text NOT NULL,
  amount_minor bigint NOT NULL,
  created_at timestamp with time zone NOT NULL
);

-- constraints

ALTER TABLE public.attempt ADD CONSTRAINT attempt_amount_credits_check CHECK ((amount_credits >= 0));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_amount_minor_check CHECK ((amount_minor >= 0));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check CHECK (((status = 'refused'::text) OR (ROW(booking_id, user_id, method, currency) IS NOT NULL)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check1 CHECK (((token IS NULL) OR (status = 'processing'::text)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_check2 CHECK (((status = 'refused'::text) = (reason_code IS NOT NULL)));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_method_check CHECK ((method = ANY (ARRAY['card'::text, 'credits'::text])));
ALTER TABLE public.attempt ADD CONSTRAINT attempt_pkey PRIMARY KEY (id);
ALTER TABLE public.attempt ADD CONSTRAINT attempt_status_check CHECK ((status = ANY (ARRAY['processing'::text, 'authorized'::text, 'refused'::text])));
ALTER TABLE public.audit_source ADD CONSTRAINT audit_source_pkey PRIMARY KEY (event_id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_reason_check CHECK ((reason = ANY (ARRAY['poison'::text, 'failed'::text, 'parked'::text])));
ALTER TABLE public.dead_letter ADD CONSTRAINT dead_letter_topic_log_partition_log_offset_key UNIQUE (topic, log_partition, log_offset);
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_amount_credits_check CHECK ((amount_credits > 0));
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_decided CHECK ((((status = 'pending'::text) = (decided_by IS NULL)) AND ((decided_by IS NULL) = (decided_at IS NULL))));
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_four_eyes CHECK (((status <> 'approved'::text) OR (decided_by <> requested_by)));
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_pkey PRIMARY KEY (id);
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'declined'::text])));
ALTER TABLE public.grant_request ADD CONSTRAINT grant_request_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet(id);
ALTER TABLE public.idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal_id, path, key);
ALTER TABLE public.inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_amount_check CHECK ((amount > 0));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_bucket_id_fkey FOREIGN KEY (bucket_id) REFERENCES wallet_bucket(id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_check CHECK ((debit_account <> credit_account));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_check1 CHECK (((unit = 'credits'::text) = (wallet_id IS NOT NULL)));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_check2 CHECK (((wallet_id IS NULL) = (bucket_id IS NULL)));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_kind_check CHECK ((kind = ANY (ARRAY['grant'::text, 'reserve'::text, 'release'::text, 'capture'::text, 'refund'::text, 'expiry'::text])));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_paid_bucket CHECK (((paid_bucket_id IS NULL) OR ((bucket_id IS NOT NULL) AND (bucket_id <> paid_bucket_id))));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_paid_bucket_id_fkey FOREIGN KEY (paid_bucket_id) REFERENCES wallet_bucket(id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payment(id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refund(id);
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_unit_check CHECK (((unit = 'credits'::text) OR (unit ~ '^[A-Z]{3}$'::text)));
ALTER TABLE public.ledger_entry ADD CONSTRAINT ledger_entry_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet(id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_id_key UNIQUE (id);
ALTER TABLE public.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (seq);
ALTER TABLE public.outbox_lease ADD CONSTRAINT outbox_lease_pkey PRIMARY KEY (scope, unit);
ALTER TABLE public.outbox_member ADD CONSTRAINT outbox_member_pkey PRIMARY KEY (scope, owner);
ALTER TABLE public.parked_key ADD CONSTRAINT parked_key_pkey PRIMARY KEY (topic, key);
ALTER TABLE public.payment ADD CONSTRAINT payment_amount_credits_check CHECK ((amount_credits >= 0));
ALTER TABLE public.payment ADD CONSTRAINT payment_amount_minor_check CHECK ((amount_minor >= 0));
ALTER TABLE public.payment ADD CONSTRAINT payment_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES attempt(id);
ALTER TABLE public.payment ADD CONSTRAINT payment_attempt_id_key UNIQUE (attempt_id);
ALTER TABLE public.payment ADD CONSTRAINT payment_check CHECK (((captured_minor >= 0) AND (captured_minor <= amount_minor)));
ALTER TABLE public.payment ADD CONSTRAINT payment_check1 CHECK (((refunded_minor >= 0) AND (refunded_minor <= captured_minor)));
ALTER TABLE public.payment ADD CONSTRAINT payment_check2 CHECK (((captured_credits >= 0) AND (captured_credits <= amount_credits)));
ALTER TABLE public.payment ADD CONSTRAINT payment_check3 CHECK (((refunded_credits >= 0) AND (refunded_credits <= captured_credits)));
ALTER TABLE public.payment ADD CONSTRAINT payment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
ALTER TABLE public.payment ADD CONSTRAINT payment_method_check CHECK ((method = ANY (ARRAY['card'::text, 'credits'::text])));
ALTER TABLE public.payment ADD CONSTRAINT payment_pkey PRIMARY KEY (id);
ALTER TABLE public.payment ADD CONSTRAINT payment_status_check CHECK ((status = ANY (ARRAY['authorized'::text, 'captured'::text, 'voided'::text, 'refunded'::text, 'failed'::text])));
ALTER TABLE public.refund ADD CONSTRAINT refund_amount_credits_check CHECK ((amount_credits >= 0));
ALTER TABLE public.refund ADD CONSTRAINT refund_amount_minor_check CHECK ((amount_minor >= 0));
ALTER TABLE public.refund ADD CONSTRAINT refund_check CHECK (((amount_minor > 0) <> (amount_credits > 0)));
ALTER TABLE public.refund ADD CONSTRAINT refund_origin_check CHECK ((origin = ANY (ARRAY['operator'::text, 'booking'::text])));
ALTER TABLE public.refund ADD CONSTRAINT refund_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payment(id);
ALTER TABLE public.refund ADD CONSTRAINT refund_pkey PRIMARY KEY (id);
ALTER TABLE public.refund ADD CONSTRAINT refund_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'done'::text, 'refused'::text])));
ALTER TABLE public.schema_migration ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'superseded'::text, 'discarded'::text])));
ALTER TABLE public.settled_dead_letter ADD CONSTRAINT settled_dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE public.target ADD CONSTRAINT target_amount_credits_check CHECK ((amount_credits >= 0));
ALTER TABLE public.target ADD CONSTRAINT target_amount_minor_check CHECK ((amount_minor >= 0));
ALTER TABLE public.target ADD CONSTRAINT target_keep_credits_check CHECK ((keep_credits >= 0));
ALTER TABLE public.target ADD CONSTRAINT target_keep_minor_check CHECK ((keep_minor >= 0));
ALTER TABLE public.target ADD CONSTRAINT target_method_check CHECK ((method = ANY (ARRAY['card'::text, 'credits'::text])));
ALTER TABLE public.target ADD CONSTRAINT target_pkey PRIMARY KEY (attempt_id, booking_id);
ALTER TABLE public.waiting_partition ADD CONSTRAINT waiting_partition_pkey PRIMARY KEY (topic, log_partition);
ALTER TABLE public.wallet ADD CONSTRAINT wallet_balance_credits_check CHECK ((balance_credits >= 0));
ALTER TABLE public.wallet ADD CONSTRAINT wallet_pkey PRIMARY KEY (id);
ALTER TABLE public.wallet ADD CONSTRAINT wallet_user_id_key UNIQUE (user_id);
ALTER TABLE public.wallet_bucket ADD CONSTRAINT wallet_bucket_balance_credits_check CHECK ((balance_credits >= 0));
ALTER TABLE public.wallet_bucket ADD CONSTRAINT wallet_bucket_pkey PRIMARY KEY (id);
ALTER TABLE public.wallet_bucket ADD CONSTRAINT wallet_bucket_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES wallet(id);
ALTER TABLE sandbox.charge ADD CONSTRAINT charge_amount_minor_check CHECK ((amount_minor > 0));
ALTER TABLE sandbox.charge ADD CONSTRAINT charge_check CHECK (((captured_minor >= 0) AND (captured_minor <= amount_minor)));
ALTER TABLE sandbox.charge ADD CONSTRAINT charge_check1 CHECK (((refunded_minor >= 0) AND (refunded_minor <= captured_minor)));
ALTER TABLE sandbox.charge ADD CONSTRAINT charge_pkey PRIMARY KEY (key);
ALTER TABLE sandbox.charge ADD CONSTRAINT charge_status_check CHECK ((status = ANY (ARRAY['authorized'::text, 'refused'::text, 'captured'::text, 'voided'::text, 'expired'::text])));
ALTER TABLE sandbox.refund ADD CONSTRAINT refund_amount_minor_check CHECK ((amount_minor > 0));
ALTER TABLE sandbox.refund ADD CONSTRAINT refund_charge_key_fkey FOREIGN KEY (charge_key) REFERENCES sandbox.charge(key);
ALTER TABLE sandbox.refund ADD CONSTRAINT refund_pkey PRIMARY KEY (key);

-- indexes

CREATE INDEX attempt_due ON public.attempt USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX audit_source_seen_at ON public.audit_source USING btree (seen_at);
CREATE INDEX dead_letter_event ON public.dead_letter USING btree (event_id);
CREATE INDEX dead_letter_key ON public.dead_letter USING btree (topic, key);
CREATE INDEX dead_letter_type ON public.dead_letter USING btree (type, id);
CREATE INDEX grant_request_pending ON public.grant_request USING btree (id DESC) WHERE (status = 'pending'::text);
CREATE INDEX idempotency_created ON public.idempotency USING btree (created_at);
CREATE INDEX ledger_entry_payment ON public.ledger_entry USING btree (payment_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX ledger_entry_wallet ON public.ledger_entry USING btree (wallet_id, id DESC) WHERE (wallet_id IS NOT NULL);
CREATE INDEX payment_booking ON public.payment USING btree (booking_id);
CREATE INDEX payment_user ON public.payment USING btree (user_id, id DESC);
CREATE INDEX refund_payment ON public.refund USING btree (payment_id);
CREATE INDEX settled_dead_letter_event ON public.settled_dead_letter USING btree (event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX settled_dead_letter_settled_at ON public.settled_dead_letter USING btree (settled_at);
CREATE INDEX target_booking ON public.target USING btree (booking_id);
CREATE INDEX wallet_bucket_expiry ON public.wallet_bucket USING btree (expires_at) WHERE ((balance_credits > 0) AND (expires_at IS NOT NULL));
CREATE INDEX wallet_bucket_wallet ON public.wallet_bucket USING btree (wallet_id);
CREATE INDEX refund_charge ON sandbox.refund USING btree (charge_key);

-- views

CREATE VIEW public.account_balance AS
 SELECT account,
    unit,
    (sum(amount))::bigint AS balance
   FROM ( SELECT ledger_entry.credit_account AS account,
            ledger_entry.unit,
            ledger_entry.amount
           FROM ledger_entry
        UNION ALL
         SELECT ledger_entry.debit_account,
            ledger_entry.unit,
            (- ledger_entry.amount)
           FROM ledger_entry) moves
  GROUP BY account, unit;

CREATE VIEW public.payment_difference AS
 WITH wanted AS (
         SELECT t.attempt_id,
            array_agg(t.booking_id ORDER BY t.booking_id) AS booking_ids,
                CASE
                    WHEN COALESCE(a_1.released, false) THEN (0)::bigint
                    ELSE (sum(
                    CASE t.method
                        WHEN 'card'::text THEN t.keep_minor
                        ELSE t.keep_credits
                    END))::bigint
                END AS keep,
            (COALESCE(a_1.released, false) OR bool_and((
                CASE t.method
                    WHEN 'card'::text THEN t.keep_minor
                    ELSE t.keep_credits
                END IS NOT NULL))) AS decided
           FROM (target t
             LEFT JOIN attempt a_1 ON ((a_1.id = t.attempt_id)))
          GROUP BY t.attempt_id, a_1.released
        UNION ALL
         SELECT a_1.id,
            ARRAY[a_1.booking_id] AS "array",
            0,
            true
           FROM attempt a_1
          WHERE (a_1.released AND (NOT (EXISTS ( SELECT
                   FROM target t
                  WHERE (t.attempt_id = a_1.id)))))
        ), held AS (
         SELECT p.id,
            p.attempt_id,
            p.booking_id,
            p.user_id,
            p.method,
            p.status,
            p.reason_code,
            p.currency,
            p.amount_minor,
            p.captured_minor,
            p.refunded_minor,
            p.amount_credits,
            p.captured_credits,
            p.refunded_credits,
            p.version,
            p.created_at,
            p.updated_at,
            (((p.captured_minor + p.captured_credits) - p.refunded_minor) - p.refunded_credits) AS net,
            (COALESCE(( SELECT sum((r.amount_minor + r.amount_credits)) AS sum
                   FROM refund r
                  WHERE ((r.payment_id = p.id) AND (r.origin = 'operator'::text) AND (r.status = 'done'::text))), (0)::numeric))::bigint AS operator_refunded
           FROM payment p
        )
 SELECT COALESCE(h.attempt_id, w.attempt_id) AS attempt_id,
    h.id AS payment_id,
    COALESCE(w.booking_ids, ARRAY[h.booking_id]) AS booking_ids,
    h.status AS payment_status,
    w.keep,
    h.net,
    h.updated_at,
    COALESCE(((a.due_at IS NOT NULL) OR (a.lease_until IS NOT NULL) OR (a.status = 'processing'::text)), false) AS settling,
        CASE
            WHEN ((w.attempt_id IS NULL) OR (NOT w.decided)) THEN 'undecided'::text
            WHEN (h.id IS NULL) THEN 'never-authorized'::text
            WHEN (h.status = 'authorized'::text) THEN 'unsettled'::text
            WHEN (h.net > w.keep) THEN 'kept-too-much'::text
            ELSE 'kept-too-little'::text
        END AS kind
   FROM ((held h
     FULL JOIN wanted w ON ((w.attempt_id = h.attempt_id)))
     LEFT JOIN attempt a ON ((a.id = COALESCE(h.attempt_id, w.attempt_id))))
  WHERE (((h.id IS NULL) AND w.decided AND (w.keep > 0)) OR (h.status = 'authorized'::text) OR ((h.net > 0) AND (NOT COALESCE(w.decided, false))) OR (w.decided AND (h.status <> 'authorized'::text) AND ((h.net > w.keep) OR ((h.net < w.keep) AND ((h.net + h.operator_refunded) < w.keep)))));

-- triggers

CREATE TRIGGER ledger_entry_append_only BEFORE DELETE OR UPDATE ON public.ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();

-- functions

-- public.attempt_outcome(p_attempt_id uuid) returns jsonb, volatile
-- public.attempt_work(p_attempt_id uuid) returns jsonb, volatile
-- public.claim_attempts(p_owner uuid, p_real_now timestamp with time zone, p_lease_until timestamp with time zone, p_limit integer, p_attempt_id uuid DEFAULT NULL::uuid) returns SETOF jsonb, volatile, plan_cache_mode=force_generic_plan
-- public.create_refund(p_payment_id uuid, p_refund_id uuid, p_origin text, p_amount bigint, p_reason text, p_actor_id uuid, p_now timestamp with time zone, p_real_now timestamp with time zone, p_traceparent text) returns bigint, volatile
-- public.create_refund(p_payment_id uuid, p_refund_id uuid, p_origin text, p_amount bigint, p_reason text, p_actor_id uuid, p_now timestamp with time zone, p_real_now timestamp with time zone, p_traceparent text, p_returned_days integer) returns bigint, volatile
-- public.emit_payment(p payment, p_what text, p_now timestamp with time zone, p_traceparent text) returns void, volatile
-- public.emit_wallet(w wallet, p_amount bigint, p_kind text, p_booking_id uuid, p_now timestamp with time zone, p_traceparent text) returns void, volatile
-- public.ensure_wallet(p_user_id uuid, p_now timestamp with time zone) returns uuid, volatile
-- public.expire_credits(p_now timestamp with time zone, p_limit integer) returns integer, volatile
-- public.finish_authorize(p_attempt_id uuid, p_status text, p_reason_code text, p_payment_id uuid, p_now timestamp with time zone, p_real_now timestamp with time zone, p_traceparent text) returns jsonb, volatile, plan_cache_mode=force_generic_plan
-- public.grant_credits(p_wallet_id uuid, p_bucket_id uuid, p_amount bigint, p_source text, p_reason text, p_expires_at timestamp with time zone, p_now timestamp with time zone, p_traceparent text) returns void, volatile
-- public.move_credits(p payment, p_kind text, p_amount bigint, p_refund_id uuid, p_now timestamp with time zone, p_traceparent text) returns void, volatile
-- public.move_credits(p payment, p_kind text, p_amount bigint, p_refund_id uuid, p_now timestamp with time zone, p_traceparent text, p_returned_days integer) returns void, volatile
-- public.record_charge(p_attempt_id uuid, p_captured_minor bigint, p_voided boolean, p_failed_code text, p_refunds jsonb, p_owner uuid, p_wishes integer, p_release boolean, p_now timestamp with time zone, p_traceparent text) returns jsonb, volatile, plan_cache_mode=force_generic_plan
-- public.refuse_ledger_change() returns trigger, volatile
-- public.release_attempt(p_attempt_id uuid, p_owner uuid, p_wishes integer, p_due_at timestamp with time zone, p_unfinished boolean, p_real_now timestamp with time zone) returns void, volatile, plan_cache_mode=force_generic_plan
-- public.reserve_credits(p_attempt_id uuid, p_booking_id uuid, p_user_id uuid, p_amount bigint, p_currency text, p_payment_id uuid, p_now timestamp with time zone, p_real_now timestamp with time zone, p_traceparent text) returns jsonb, volatile
-- public.settle_credits(p_attempt_id uuid, p_keep bigint, p_now timestamp with time zone, p_traceparent text) returns void, volatile
-- public.settle_credits(p_attempt_id uuid, p_keep bigint, p_now timestamp with time zone, p_traceparent text, p_returned_days integer) returns void, volatile
-- public.store_release(p_attempt_id uuid, p_now timestamp with time zone, p_real_now timestamp with time zone) returns void, volatile
-- public.store_targets(p_booking_id uuid, p_version integer, p_attempts jsonb, p_now timestamp with time zone, p_real_now timestamp with time zone) returns integer, volatile, plan_cache_mode=force_generic_plan
-- public.to_second(p_at timestamp with time zone) returns text, immutable
