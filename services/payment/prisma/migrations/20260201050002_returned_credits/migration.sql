-- Credits that come back after their bucket has expired would be gone at the next sweep, although the member is told that they
-- get them back. They return into a bucket of their own, which is valid for some days (RETURNED_CREDITS_DAYS).

-- Where they went into another bucket: the one the payment had taken them from. What a payment still holds is counted by it.
ALTER TABLE ledger_entry ADD COLUMN paid_bucket_id uuid REFERENCES wallet_bucket (id)
  CONSTRAINT ledger_entry_paid_bucket CHECK (paid_bucket_id IS NULL OR bucket_id IS NOT NULL AND bucket_id <> paid_bucket_id);

-- Moves credits of one payment bucket by bucket: 'capture' reserve to revenue (earliest expiry first), 'release' reserve to wallet and
-- 'refund' revenue to wallet (latest expiry first, each into the bucket it came from; what came from expired ones goes into one new
-- bucket, valid for p_returned_days). The caller holds the payment's lock. Moving more than is there raises.
CREATE FUNCTION move_credits(p payment, p_kind text, p_amount bigint, p_refund_id uuid, p_now timestamptz, p_traceparent text, p_returned_days integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w wallet;
  r record;
  v_left bigint := p_amount;
  v_take bigint;
  v_from text := CASE p_kind WHEN 'refund' THEN 'revenue:credits' ELSE 'reserve:credits' END;
  v_to text;
  v_returned uuid;
  v_bucket uuid;
BEGIN
  SELECT * INTO w FROM wallet WHERE user_id = p.user_id FOR UPDATE;
  v_to := CASE p_kind WHEN 'capture' THEN 'revenue:credits' ELSE 'wallet:' || w.id END;
  FOR r IN
    SELECT b.id AS bucket_id, b.expires_at, sum(CASE WHEN e.credit_account = v_from THEN e.amount WHEN e.debit_account = v_from THEN -e.amount ELSE 0 END) AS available
    FROM ledger_entry e JOIN wallet_bucket b ON b.id = COALESCE(e.paid_bucket_id, e.bucket_id)
    WHERE e.payment_id = p.id
    GROUP BY b.id, b.expires_at
    ORDER BY CASE WHEN p_kind = 'capture' THEN b.expires_at END NULLS LAST, CASE WHEN p_kind <> 'capture' THEN b.expires_at END DESC NULLS FIRST, b.id
  LOOP
    v_take := LEAST(r.available, v_left);
    CONTINUE WHEN v_take <= 0;
    v_bucket := r.bucket_id;
    IF p_kind <> 'capture' AND r.expires_at <= p_now THEN
      IF v_returned IS NULL THEN
        INSERT INTO wallet_bucket (id, wallet_id, source, balance_credits, expires_at, created_at)
        VALUES (uuidv7(), w.id, 'returned', 0, p_now + make_interval(days => p_returned_days), p_now) RETURNING id INTO v_returned;
      END IF;
      v_bucket := v_returned;
    END IF;
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id, paid_bucket_id, payment_id, booking_id, refund_id)
    VALUES (p_now, p_kind, v_from, v_to, 'credits', v_take, w.id, v_bucket, NULLIF(r.bucket_id, v_bucket), p.id, p.booking_id, p_refund_id);
    IF p_kind <> 'capture' THEN
      UPDATE wallet_bucket SET balance_credits = balance_credits + v_take WHERE id = v_bucket;
    END IF;
    v_left := v_left - v_take;
    EXIT WHEN v_left = 0;
  END LOOP;
  IF v_left > 0 THEN RAISE EXCEPTION 'payment % has % credits less than a % of % needs', p.id, v_left, p_kind, p_amount; END IF;
  IF p_kind <> 'capture' THEN
    UPDATE wallet SET balance_credits = balance_credits + p_amount, version = version + 1 WHERE id = w.id RETURNING * INTO w;
    PERFORM emit_wallet(w, p_amount, 'refund', p.booking_id, p_now, p_traceparent);
  END IF;
END $$;

-- Keeps p_keep of what is reserved and gives the rest back; 0 voids. Only an authorized payment changes.
CREATE FUNCTION settle_credits(p_attempt_id uuid, p_keep bigint, p_now timestamptz, p_traceparent text, p_returned_days integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p payment;
BEGIN
  SELECT * INTO p FROM payment WHERE attempt_id = p_attempt_id AND status = 'authorized' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  IF p_keep > 0 THEN PERFORM move_credits(p, 'capture', p_keep, NULL, p_now, p_traceparent, p_returned_days); END IF;
  IF p_keep < p.amount_credits THEN PERFORM move_credits(p, 'release', p.amount_credits - p_keep, NULL, p_now, p_traceparent, p_returned_days); END IF;
  UPDATE payment SET status = CASE WHEN p_keep > 0 THEN 'captured' ELSE 'voided' END, captured_credits = p_keep, version = version + 1, updated_at = p_now
  WHERE id = p.id RETURNING * INTO p;
  PERFORM emit_payment(p, p.status, p_now, p_traceparent);
END $$;

-- As before, but for the days of what returns.
CREATE FUNCTION create_refund(p_payment_id uuid, p_refund_id uuid, p_origin text, p_amount bigint, p_reason text, p_actor_id uuid, p_now timestamptz, p_real_now timestamptz,
  p_traceparent text, p_returned_days integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  p payment;
  v_refundable bigint;
BEGIN
  PERFORM 1 FROM attempt WHERE id = (SELECT attempt_id FROM payment WHERE id = p_payment_id) FOR UPDATE;
  SELECT * INTO p FROM payment WHERE id = p_payment_id FOR UPDATE;
  SELECT p.captured_minor + p.captured_credits - COALESCE(sum(amount_minor + amount_credits), 0) INTO v_refundable
  FROM refund WHERE payment_id = p.id AND status <> 'refused';
  IF p_amount > v_refundable THEN RETURN v_refundable; END IF;
  INSERT INTO refund (id, payment_id, origin, status, amount_minor, amount_credits, reason, actor_id, created_at, updated_at)
  VALUES (p_refund_id, p.id, p_origin, CASE p.method WHEN 'credits' THEN 'done' ELSE 'pending' END,
    CASE p.method WHEN 'card' THEN p_amount ELSE 0 END, CASE p.method WHEN 'credits' THEN p_amount ELSE 0 END, p_reason, p_actor_id, p_now, p_now);
  IF p.method = 'credits' THEN
    PERFORM move_credits(p, 'refund', p_amount, p_refund_id, p_now, p_traceparent, p_returned_days);
    UPDATE payment SET refunded_credits = refunded_credits + p_amount, version = version + 1, updated_at = p_now,
      status = CASE WHEN refunded_credits + p_amount = captured_credits THEN 'refunded' ELSE status END
    WHERE id = p.id RETURNING * INTO p;
    PERFORM emit_payment(p, 'refunded', p_now, p_traceparent);
  ELSIF p_origin = 'operator' THEN
    UPDATE attempt SET due_at = p_real_now, wishes = wishes + 1 WHERE id = p.attempt_id;
  END IF;
  RETURN NULL;
END $$;

-- For replicas of before this migration, which name no days: the default.
CREATE OR REPLACE FUNCTION move_credits(p payment, p_kind text, p_amount bigint, p_refund_id uuid, p_now timestamptz, p_traceparent text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM move_credits(p, p_kind, p_amount, p_refund_id, p_now, p_traceparent, 30);
END $$;

CREATE OR REPLACE FUNCTION settle_credits(p_attempt_id uuid, p_keep bigint, p_now timestamptz, p_traceparent text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM settle_credits(p_attempt_id, p_keep, p_now, p_traceparent, 30);
END $$;

CREATE OR REPLACE FUNCTION create_refund(p_payment_id uuid, p_refund_id uuid, p_origin text, p_amount bigint, p_reason text, p_actor_id uuid, p_now timestamptz, p_real_now timestamptz, p_traceparent text)
RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN create_refund(p_payment_id, p_refund_id, p_origin, p_amount, p_reason, p_actor_id, p_now, p_real_now, p_traceparent, 30);
END $$;
