-- Each function below is one call and so one transaction. Rows are always locked in the order attempt, payment, wallet.

CREATE FUNCTION to_second(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- Called only while the payment's row is locked: the outbox then holds a payment's versions in their order.
CREATE FUNCTION emit_payment(p payment, p_what text, p_now timestamptz, p_traceparent text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO outbox (id, topic, key, type, data, traceparent, occurred_at)
  VALUES (uuidv7(), 'payment', p.id::text, 'payment.' || p_what || '.v1',
    jsonb_build_object('paymentId', p.id, 'version', p.version, 'attemptId', p.attempt_id, 'bookingId', p.booking_id, 'userId', p.user_id,
      'method', p.method, 'status', p.status, 'currency', p.currency, 'amountMinor', p.amount_minor, 'capturedMinor', p.captured_minor,
      'refundedMinor', p.refunded_minor, 'amountCredits', p.amount_credits, 'reasonCode', p.reason_code, 'at', to_second(p_now)),
    p_traceparent, p_now)
$$;

-- What a booking wants kept of its attempts, stored if newer. A decision never gives way to "not decided" of the same version. Keeping
-- nothing of an attempt nobody has seen leaves a tombstone; whichever of tombstone and authorize inserts the attempt first wins by its key.
CREATE FUNCTION store_targets(p_booking_id uuid, p_version integer, p_attempts jsonb, p_now timestamptz, p_real_now timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_wanted uuid[];
BEGIN
  WITH changed AS (
    INSERT INTO target (attempt_id, booking_id, booking_version, method, amount_minor, amount_credits, keep_minor, keep_credits, updated_at)
    SELECT t."attemptId", p_booking_id, p_version, t.method, t."amountMinor", t."amountCredits", t."keepMinor", t."keepCredits", p_now
    FROM jsonb_to_recordset(p_attempts)
      AS t("attemptId" uuid, method text, "amountMinor" bigint, "amountCredits" bigint, "keepMinor" bigint, "keepCredits" bigint)
    ORDER BY t."attemptId"
    ON CONFLICT (attempt_id, booking_id) DO UPDATE
      SET booking_version = excluded.booking_version, keep_minor = excluded.keep_minor, keep_credits = excluded.keep_credits, updated_at = excluded.updated_at
      WHERE target.booking_version < excluded.booking_version
        OR (target.booking_version = excluded.booking_version
          AND target.keep_minor IS NULL AND target.keep_credits IS NULL
          AND (excluded.keep_minor IS NOT NULL OR excluded.keep_credits IS NOT NULL))
    RETURNING attempt_id, method, keep_minor, keep_credits
  )
  SELECT array_agg(attempt_id ORDER BY attempt_id) INTO v_wanted FROM changed
  WHERE CASE method WHEN 'card' THEN keep_minor ELSE keep_credits END IS NOT NULL;
  IF v_wanted IS NULL THEN RETURN 0; END IF;

  INSERT INTO attempt (id, booking_id, status, reason_code, created_at, updated_at)
  SELECT t."attemptId", p_booking_id, 'refused', 'voided', p_now, p_now
  FROM jsonb_to_recordset(p_attempts) AS t("attemptId" uuid, method text, "keepMinor" bigint, "keepCredits" bigint)
  WHERE t."attemptId" = ANY (v_wanted) AND CASE t.method WHEN 'card' THEN t."keepMinor" ELSE t."keepCredits" END = 0
  ORDER BY t."attemptId"
  ON CONFLICT (id) DO NOTHING;

  UPDATE attempt SET due_at = p_real_now, wishes = wishes + 1 WHERE id = ANY (v_wanted) AND status <> 'refused';
  RETURN cardinality(v_wanted);
END $$;

-- Keeps nothing of an attempt, seen or not, for ever.
CREATE FUNCTION store_release(p_attempt_id uuid, p_now timestamptz, p_real_now timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO attempt (id, status, reason_code, released, created_at, updated_at) VALUES (p_attempt_id, 'refused', 'voided', true, p_now, p_now)
  ON CONFLICT (id) DO UPDATE SET released = true, due_at = p_real_now, wishes = attempt.wishes + 1 WHERE attempt.status <> 'refused' AND NOT attempt.released
$$;

-- How an attempt stands for booking. unwanted: every booking it pays has decided to keep nothing of it.
CREATE FUNCTION attempt_outcome(p_attempt_id uuid) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('attemptId', a.id, 'status', a.status, 'reasonCode', a.reason_code, 'leaseUntil', a.lease_until,
    'paymentId', CASE a.status WHEN 'authorized' THEN p.id END, 'paymentStatus', p.status,
    'unwanted', a.released OR COALESCE((
      SELECT bool_and(CASE t.method WHEN 'card' THEN t.keep_minor ELSE t.keep_credits END IS NOT DISTINCT FROM 0) FROM target t WHERE t.attempt_id = a.id), false))
  FROM attempt a LEFT JOIN payment p ON p.attempt_id = a.id WHERE a.id = p_attempt_id
$$;

-- Records what the provider said of an authorize, once: payment and event appear with it.
CREATE FUNCTION finish_authorize(p_attempt_id uuid, p_status text, p_reason_code text, p_payment_id uuid, p_now timestamptz, p_real_now timestamptz, p_traceparent text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  a attempt;
  p payment;
BEGIN
  UPDATE attempt SET status = p_status, reason_code = p_reason_code, token = NULL, lease_owner = NULL, lease_until = NULL, unfinished = false, failures = 0,
    updated_at = p_now, due_at = NULL
  WHERE id = p_attempt_id AND status = 'processing' RETURNING * INTO a;
  IF NOT FOUND THEN RETURN attempt_outcome(p_attempt_id); END IF;
  INSERT INTO payment (id, attempt_id, booking_id, user_id, method, status, reason_code, currency, amount_minor, amount_credits, version, created_at, updated_at)
  VALUES (p_payment_id, a.id, a.booking_id, a.user_id, a.method, CASE p_status WHEN 'authorized' THEN 'authorized' ELSE 'failed' END, p_reason_code,
    a.currency, a.amount_minor, a.amount_credits, 1, p_now, p_now) RETURNING * INTO p;
  PERFORM emit_payment(p, CASE p_status WHEN 'authorized' THEN 'authorized' ELSE 'failed' END, p_now, p_traceparent);
  -- A decision stored while the provider was being asked is due now (this statement sees it: the row lock above ordered us).
  IF p_status = 'authorized' THEN
    UPDATE attempt SET due_at = p_real_now WHERE id = a.id
      AND (released OR EXISTS (SELECT FROM target t WHERE t.attempt_id = a.id AND CASE t.method WHEN 'card' THEN t.keep_minor ELSE t.keep_credits END IS NOT NULL));
  END IF;
  RETURN attempt_outcome(p_attempt_id);
END $$;

-- Everything a worker decides by, read after the lease is held and in a snapshot of its own.
CREATE FUNCTION attempt_work(p_attempt_id uuid) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object(
    'attempt', to_jsonb(a),
    'payment', (SELECT to_jsonb(p) FROM payment p WHERE p.attempt_id = a.id),
    'targets', COALESCE((SELECT jsonb_agg(to_jsonb(t)) FROM target t WHERE t.attempt_id = a.id), '[]'),
    'refunds', COALESCE((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM refund r JOIN payment p ON p.id = r.payment_id WHERE p.attempt_id = a.id), '[]'))
  FROM attempt a WHERE a.id = p_attempt_id
$$;

-- Leases due attempts (or the named one, due or not) for one worker; SKIP LOCKED and lease_until keep every other worker away, a lease whose
-- process died runs out. unfinishedBefore says whether the last holder left a provider step unrecorded.
CREATE FUNCTION claim_attempts(p_owner uuid, p_real_now timestamptz, p_lease_until timestamptz, p_limit integer, p_attempt_id uuid DEFAULT NULL)
RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    UPDATE attempt a SET lease_owner = p_owner, lease_until = p_lease_until, unfinished = true, due_at = COALESCE(a.due_at, p_real_now)
    FROM (
      SELECT id FROM attempt
      WHERE (lease_until IS NULL OR lease_until <= p_real_now)
        AND CASE WHEN p_attempt_id IS NULL THEN due_at <= p_real_now ELSE id = p_attempt_id AND status <> 'refused' END
      ORDER BY due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) due
    WHERE a.id = due.id RETURNING a.id, old.unfinished AS unfinished_before
  LOOP
    RETURN NEXT attempt_work(r.id) || jsonb_build_object('unfinishedBefore', r.unfinished_before);
  END LOOP;
END $$;

-- Gives a lease back. A wish that came while it was held makes the attempt due at once, whatever the holder thought.
CREATE FUNCTION release_attempt(p_attempt_id uuid, p_owner uuid, p_wishes integer, p_due_at timestamptz, p_unfinished boolean, p_real_now timestamptz)
RETURNS void LANGUAGE sql AS $$
  UPDATE attempt SET lease_owner = NULL, lease_until = NULL, unfinished = p_unfinished,
    failures = CASE WHEN p_unfinished THEN failures + 1 ELSE 0 END,
    due_at = CASE WHEN wishes <> p_wishes AND NOT p_unfinished THEN p_real_now ELSE p_due_at END
  WHERE id = p_attempt_id AND lease_owner = p_owner
$$;

-- Brings a card payment up to the provider's books, difference by difference: repeating it, or an older answer, changes nothing.
-- p_refunds: what became of our refunds, [{id, done}]. A capture refused for good is p_failed_code. Gives the lease back in the same call when the
-- caller sees nothing left to do (p_release) and no wish has come since; answers the work as it stands otherwise.
CREATE FUNCTION record_charge(p_attempt_id uuid, p_captured_minor bigint, p_voided boolean, p_failed_code text, p_refunds jsonb,
  p_owner uuid, p_wishes integer, p_release boolean, p_now timestamptz, p_traceparent text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p payment;
  r refund;
  v_done boolean;
BEGIN
  PERFORM 1 FROM attempt WHERE id = p_attempt_id FOR UPDATE;
  SELECT * INTO p FROM payment WHERE attempt_id = p_attempt_id FOR UPDATE;
  IF NOT FOUND THEN RETURN attempt_work(p_attempt_id); END IF;
  IF p_captured_minor > p.captured_minor AND p.status IN ('authorized', 'failed') THEN
    UPDATE payment SET status = 'captured', reason_code = NULL, captured_minor = p_captured_minor, version = version + 1, updated_at = p_now WHERE id = p.id RETURNING * INTO p;
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, payment_id, booking_id)
    VALUES (p_now, 'capture', 'provider:card', 'revenue:card', p.currency, p_captured_minor, p.id, p.booking_id);
    PERFORM emit_payment(p, 'captured', p_now, p_traceparent);
  ELSIF p_failed_code IS NOT NULL AND p.status = 'authorized' THEN
    UPDATE payment SET status = 'failed', reason_code = p_failed_code, version = version + 1, updated_at = p_now WHERE id = p.id RETURNING * INTO p;
    PERFORM emit_payment(p, 'failed', p_now, p_traceparent);
  ELSIF p_voided AND p.status = 'authorized' THEN
    UPDATE payment SET status = 'voided', version = version + 1, updated_at = p_now WHERE id = p.id RETURNING * INTO p;
    PERFORM emit_payment(p, 'voided', p_now, p_traceparent);
  END IF;
  FOR r IN SELECT * FROM refund WHERE payment_id = p.id AND status = 'pending' ORDER BY id LOOP
    SELECT n.done INTO v_done FROM jsonb_to_recordset(p_refunds) AS n(id uuid, done boolean) WHERE n.id = r.id;
    CONTINUE WHEN NOT FOUND;
    UPDATE refund SET status = CASE WHEN v_done THEN 'done' ELSE 'refused' END, updated_at = p_now WHERE id = r.id;
    CONTINUE WHEN NOT v_done;
    UPDATE payment SET refunded_minor = refunded_minor + r.amount_minor, version = version + 1, updated_at = p_now,
      status = CASE WHEN refunded_minor + r.amount_minor = captured_minor THEN 'refunded' ELSE status END
    WHERE id = p.id RETURNING * INTO p;
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, payment_id, booking_id, refund_id)
    VALUES (p_now, 'refund', 'revenue:card', 'provider:card', p.currency, r.amount_minor, p.id, p.booking_id, r.id);
    PERFORM emit_payment(p, 'refunded', p_now, p_traceparent);
  END LOOP;
  IF p_release THEN
    UPDATE attempt SET lease_owner = NULL, lease_until = NULL, unfinished = false, failures = 0, due_at = NULL
    WHERE id = p_attempt_id AND lease_owner = p_owner AND wishes = p_wishes;
    IF FOUND THEN RETURN NULL; END IF;
  END IF;
  RETURN attempt_work(p_attempt_id);
END $$;
