-- Credits live in this database, so each step is one transaction and no provider is asked.

CREATE FUNCTION emit_wallet(w wallet, p_amount bigint, p_kind text, p_booking_id uuid, p_now timestamptz, p_traceparent text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO outbox (id, topic, key, type, data, traceparent, occurred_at)
  VALUES (uuidv7(), 'payment', w.id::text, CASE WHEN p_amount > 0 THEN 'payment.wallet-credited.v1' ELSE 'payment.wallet-debited.v1' END,
    jsonb_build_object('walletId', w.id, 'version', w.version, 'userId', w.user_id, 'balanceCredits', w.balance_credits, 'amountCredits', p_amount,
      'kind', p_kind, 'bookingId', p_booking_id, 'at', to_second(p_now)),
    p_traceparent, p_now)
$$;

CREATE FUNCTION ensure_wallet(p_user_id uuid, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid;
BEGIN
  SELECT id INTO v_id FROM wallet WHERE user_id = p_user_id;
  IF FOUND THEN RETURN v_id; END IF;
  INSERT INTO wallet (id, user_id, created_at) VALUES (uuidv7(), p_user_id, p_now) ON CONFLICT (user_id) DO NOTHING;
  SELECT id INTO v_id FROM wallet WHERE user_id = p_user_id;
  RETURN v_id;
END $$;

CREATE FUNCTION grant_credits(p_wallet_id uuid, p_bucket_id uuid, p_amount bigint, p_source text, p_reason text, p_expires_at timestamptz, p_now timestamptz, p_traceparent text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w wallet;
BEGIN
  UPDATE wallet SET balance_credits = balance_credits + p_amount, version = version + 1 WHERE id = p_wallet_id RETURNING * INTO w;
  INSERT INTO wallet_bucket (id, wallet_id, source, reason, balance_credits, expires_at, created_at)
  VALUES (p_bucket_id, w.id, p_source, p_reason, p_amount, p_expires_at, p_now);
  INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id)
  VALUES (p_now, 'grant', 'issued:credits', 'wallet:' || w.id, 'credits', p_amount, w.id, p_bucket_id);
  PERFORM emit_wallet(w, p_amount, 'grant', NULL, p_now, p_traceparent);
END $$;

-- Authorize by credits: they move from the person's buckets, earliest expiry first, to the reserve; too few refuse the attempt for good.
-- One transaction with the attempt, its payment and the events. A known attempt id changes nothing.
CREATE FUNCTION reserve_credits(p_attempt_id uuid, p_booking_id uuid, p_user_id uuid, p_amount bigint, p_currency text, p_payment_id uuid, p_now timestamptz, p_real_now timestamptz, p_traceparent text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  w wallet;
  b wallet_bucket;
  v_left bigint := p_amount;
  v_take bigint;
BEGIN
  INSERT INTO attempt (id, booking_id, user_id, method, amount_minor, amount_credits, currency, status, traceparent, created_at, updated_at)
  VALUES (p_attempt_id, p_booking_id, p_user_id, 'credits', 0, p_amount, p_currency, 'processing', p_traceparent, p_now, p_now) ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN RETURN attempt_outcome(p_attempt_id); END IF;
  SELECT * INTO w FROM wallet WHERE id = ensure_wallet(p_user_id, p_now) FOR UPDATE;
  IF (SELECT COALESCE(sum(balance_credits), 0) FROM wallet_bucket WHERE wallet_id = w.id AND (expires_at IS NULL OR expires_at > p_now)) < p_amount THEN
    RETURN finish_authorize(p_attempt_id, 'refused', 'insufficient-credits', p_payment_id, p_now, p_real_now, p_traceparent);
  END IF;
  PERFORM finish_authorize(p_attempt_id, 'authorized', NULL, p_payment_id, p_now, p_real_now, p_traceparent);
  FOR b IN SELECT * FROM wallet_bucket WHERE wallet_id = w.id AND balance_credits > 0 AND (expires_at IS NULL OR expires_at > p_now)
    ORDER BY expires_at NULLS LAST, id
  LOOP
    v_take := LEAST(b.balance_credits, v_left);
    UPDATE wallet_bucket SET balance_credits = balance_credits - v_take WHERE id = b.id;
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id, payment_id, booking_id)
    VALUES (p_now, 'reserve', 'wallet:' || w.id, 'reserve:credits', 'credits', v_take, w.id, b.id, p_payment_id, p_booking_id);
    v_left := v_left - v_take;
    EXIT WHEN v_left = 0;
  END LOOP;
  UPDATE wallet SET balance_credits = balance_credits - p_amount, version = version + 1 WHERE id = w.id RETURNING * INTO w;
  PERFORM emit_wallet(w, -p_amount, 'charge', p_booking_id, p_now, p_traceparent);
  RETURN attempt_outcome(p_attempt_id);
END $$;

-- Moves credits of one payment bucket by bucket: 'capture' reserve to revenue (earliest expiry first), 'release' reserve to wallet and
-- 'refund' revenue to wallet (latest expiry first, each into the bucket it came from, also one that has expired meanwhile).
-- The caller holds the payment's lock. Moving more than is there raises.
CREATE FUNCTION move_credits(p payment, p_kind text, p_amount bigint, p_refund_id uuid, p_now timestamptz, p_traceparent text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w wallet;
  r record;
  v_left bigint := p_amount;
  v_take bigint;
  v_from text := CASE p_kind WHEN 'refund' THEN 'revenue:credits' ELSE 'reserve:credits' END;
  v_to text;
BEGIN
  SELECT * INTO w FROM wallet WHERE user_id = p.user_id FOR UPDATE;
  v_to := CASE p_kind WHEN 'capture' THEN 'revenue:credits' ELSE 'wallet:' || w.id END;
  FOR r IN
    SELECT e.bucket_id, sum(CASE WHEN e.credit_account = v_from THEN e.amount WHEN e.debit_account = v_from THEN -e.amount ELSE 0 END) AS available
    FROM ledger_entry e JOIN wallet_bucket b ON b.id = e.bucket_id
    WHERE e.payment_id = p.id
    GROUP BY e.bucket_id, b.expires_at
    ORDER BY CASE WHEN p_kind = 'capture' THEN b.expires_at END NULLS LAST, CASE WHEN p_kind <> 'capture' THEN b.expires_at END DESC NULLS FIRST, e.bucket_id
  LOOP
    v_take := LEAST(r.available, v_left);
    CONTINUE WHEN v_take <= 0;
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id, payment_id, booking_id, refund_id)
    VALUES (p_now, p_kind, v_from, v_to, 'credits', v_take, w.id, r.bucket_id, p.id, p.booking_id, p_refund_id);
    IF p_kind <> 'capture' THEN
      UPDATE wallet_bucket SET balance_credits = balance_credits + v_take WHERE id = r.bucket_id;
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
CREATE FUNCTION settle_credits(p_attempt_id uuid, p_keep bigint, p_now timestamptz, p_traceparent text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p payment;
BEGIN
  SELECT * INTO p FROM payment WHERE attempt_id = p_attempt_id AND status = 'authorized' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  IF p_keep > 0 THEN PERFORM move_credits(p, 'capture', p_keep, NULL, p_now, p_traceparent); END IF;
  IF p_keep < p.amount_credits THEN PERFORM move_credits(p, 'release', p.amount_credits - p_keep, NULL, p_now, p_traceparent); END IF;
  UPDATE payment SET status = CASE WHEN p_keep > 0 THEN 'captured' ELSE 'voided' END, captured_credits = p_keep, version = version + 1, updated_at = p_now
  WHERE id = p.id RETURNING * INTO p;
  PERFORM emit_payment(p, p.status, p_now, p_traceparent);
END $$;

-- Writes a refund if that much was captured and not yet given or promised back; answers how much could still be refunded when it is too much,
-- null when written. Credits go back in the same transaction; money waits for the provider under the refund's id.
CREATE FUNCTION create_refund(p_payment_id uuid, p_refund_id uuid, p_origin text, p_amount bigint, p_reason text, p_actor_id uuid, p_now timestamptz, p_real_now timestamptz, p_traceparent text)
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
    PERFORM move_credits(p, 'refund', p_amount, p_refund_id, p_now, p_traceparent);
    UPDATE payment SET refunded_credits = refunded_credits + p_amount, version = version + 1, updated_at = p_now,
      status = CASE WHEN refunded_credits + p_amount = captured_credits THEN 'refunded' ELSE status END
    WHERE id = p.id RETURNING * INTO p;
    PERFORM emit_payment(p, 'refunded', p_now, p_traceparent);
  ELSIF p_origin = 'operator' THEN
    UPDATE attempt SET due_at = p_real_now, wishes = wishes + 1 WHERE id = p.attempt_id;
  END IF;
  RETURN NULL;
END $$;

-- Takes what has expired out of up to p_limit wallets, one transaction for all; another replica's wallets are skipped, not waited for.
CREATE FUNCTION expire_credits(p_now timestamptz, p_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  w wallet;
  b wallet_bucket;
  v_sum bigint;
  v_wallets integer := 0;
BEGIN
  FOR w IN
    SELECT * FROM wallet WHERE id IN (SELECT wallet_id FROM wallet_bucket WHERE balance_credits > 0 AND expires_at <= p_now)
    ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    v_sum := 0;
    FOR b IN SELECT * FROM wallet_bucket WHERE wallet_id = w.id AND balance_credits > 0 AND expires_at <= p_now ORDER BY id LOOP
      UPDATE wallet_bucket SET balance_credits = 0 WHERE id = b.id;
      INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id)
      VALUES (p_now, 'expiry', 'wallet:' || w.id, 'expired:credits', 'credits', b.balance_credits, w.id, b.id);
      v_sum := v_sum + b.balance_credits;
    END LOOP;
    CONTINUE WHEN v_sum = 0;
    UPDATE wallet SET balance_credits = balance_credits - v_sum, version = version + 1 WHERE id = w.id RETURNING * INTO w;
    PERFORM emit_wallet(w, -v_sum, 'expiry', NULL, p_now, NULL);
    v_wallets := v_wallets + 1;
  END LOOP;
  RETURN v_wallets;
END $$;
