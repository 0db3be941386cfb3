-- A booking whose payment was refused, or never left us (p_unsent). From a live hold it is that hold again and the request
-- is forgotten; otherwise it is cancelled, and when unsent also hidden and forgotten, as if it had not been made.
CREATE FUNCTION unwind_booking(b booking, p_unsent boolean, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
BEGIN
  IF b.held_until IS NOT NULL OR p_unsent THEN
    DELETE FROM idempotency WHERE booking_id = b.id AND method = 'POST' AND path = '/v1/bookings';
  END IF;
  IF b.held_until > p_now THEN
    INSERT INTO counter AS c (key, used) VALUES ('holds:' || b.user_id, 1) ON CONFLICT (key) DO UPDATE SET used = c.used + 1;
    UPDATE booking SET status = 'held', version = b.version + 1, hold_expires_at = b.held_until, payment_status = 'none', payment_method = 'none',
      attempt_id = NULL, updated_at = p_now WHERE id = b.id RETURNING * INTO b;
    PERFORM note(b, 'held', p_now, p_by, jsonb_build_object('after', CASE WHEN p_unsent THEN 'payment-unsent' ELSE 'payment-refused' END));
    RETURN b;
  END IF;
  UPDATE claim SET active = false WHERE booking_id = b.id AND active;
  UPDATE booking SET status = 'cancelled', version = b.version + 1, reason_code = 'payment-refused', payment_status = 'failed', withdrawn = p_unsent,
    refund_minor = 0, refund_credits = 0, refund_percent = 100, updated_at = p_now WHERE id = b.id RETURNING * INTO b;
  PERFORM publish(b, 'cancelled', p_now, p_by);
  RETURN b;
END $$;

-- The authorized money confirms a booking still waiting for it. An overdue one expires instead; settle_attempt has then
-- noted already that nothing is kept.
CREATE FUNCTION confirm_paid(b booking, a attempt, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
BEGIN
  IF b.status <> 'pending_payment' OR b.hold_expires_at <= p_now THEN
    IF b.status = 'pending_payment' THEN
      PERFORM expire_bookings(ARRAY[b.id], p_now, p_by, false);
      SELECT * INTO b FROM booking WHERE id = b.id;
    END IF;
    RETURN b;
  END IF;
  UPDATE booking SET status = 'confirmed', version = b.version + 1, payment_method = a.method, payment_status = 'authorized', payment_id = a.payment_id,
    attempt_id = a.id, hold_expires_at = NULL, held_until = NULL, updated_at = p_now WHERE id = b.id RETURNING * INTO b;
  PERFORM publish(b, 'confirmed', p_now, p_by);
  RETURN b;
END $$;

-- Ends an attempt: 'authorized', 'refused' or 'unsent'. Idempotent; an attempt already ended only learns its payment id.
-- Answers {attempt: its status, booking}. This one call is the confirm step, a refused payment, and the end of a change.
CREATE FUNCTION settle_attempt(p_attempt uuid, p_status text, p_payment uuid, p_reason text, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE a attempt; b booking; v_keeps boolean;
BEGIN
  SELECT k.* INTO b FROM booking k WHERE k.id = (SELECT booking_id FROM attempt WHERE id = p_attempt) FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  -- Whether this very answer confirms the booking; a change decides for itself what is kept.
  v_keeps := p_status = 'authorized' AND b.status = 'pending_payment' AND b.hold_expires_at > p_now;
  UPDATE attempt SET status = p_status, token = NULL, next_action = NULL, payment_id = coalesce(p_payment, payment_id), reason_code = p_reason, settled_at = p_now,
    keep_minor = CASE WHEN v_keeps THEN amount_minor ELSE 0 END, keep_credits = CASE WHEN v_keeps THEN amount_credits ELSE 0 END
    WHERE id = p_attempt AND status = 'open' RETURNING * INTO a;
  IF NOT FOUND THEN
    UPDATE attempt SET payment_id = coalesce(payment_id, p_payment) WHERE id = p_attempt RETURNING * INTO a;
    RETURN jsonb_build_object('attempt', a.status, 'booking', booking_view(b));
  END IF;
  IF a.purpose = 'change' THEN
    b := CASE WHEN p_status = 'authorized' THEN apply_paid_change(b, a, p_now, p_by) ELSE b END;
    IF p_status <> 'authorized' AND drop_change(b.id, p_now, false) THEN
      PERFORM note(b, 'change-refused', p_now, p_by, jsonb_build_object('reason', p_reason));
    END IF;
  ELSIF p_status = 'authorized' THEN
    b := confirm_paid(b, a, p_now, p_by);
    IF b.status = 'confirmed' THEN RETURN jsonb_build_object('attempt', p_status, 'booking', booking_view_plain(b)); END IF;
  ELSIF b.status = 'pending_payment' AND a.purpose = 'create' THEN
    b := unwind_booking(b, p_status = 'unsent', p_now, p_by);
  ELSE
    -- A try through /pay: the booking waits for the next one until its expiry.
    PERFORM note(b, 'payment-refused', p_now, p_by, jsonb_build_object('reason', p_reason));
    IF p_status = 'unsent' THEN DELETE FROM idempotency WHERE booking_id = b.id AND path = '/v1/bookings/' || b.id || '/pay'; END IF;
  END IF;
  RETURN jsonb_build_object('attempt', (SELECT status FROM attempt WHERE id = p_attempt), 'booking', booking_view(b));
END $$;

-- What payment reports is shown without raising the booking's version. Only a newer report counts.
-- It also settles an attempt that is still open, so that an unanswered authorization need not wait for reconciliation.
CREATE FUNCTION note_payment(p_attempt uuid, p_payment uuid, p_version integer, p_status text, p_reason text, p_now timestamptz, p_by jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE a attempt; b booking;
BEGIN
  SELECT k.* INTO b FROM booking k WHERE k.id = (SELECT booking_id FROM attempt WHERE id = p_attempt) FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE attempt SET payment_id = p_payment, payment_version = p_version, payment_status = p_status
    WHERE id = p_attempt AND payment_version < p_version RETURNING * INTO a;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM note(b, 'payment.' || p_status, p_now, p_by, jsonb_build_object('paymentId', p_payment, 'attemptId', p_attempt, 'reason', p_reason));
  IF a.status = 'open' AND p_status IN ('authorized', 'captured') THEN
    PERFORM settle_attempt(p_attempt, 'authorized', p_payment, NULL, p_now, p_by);
  ELSIF a.status = 'open' THEN
    PERFORM settle_attempt(p_attempt, 'refused', p_payment, coalesce(p_reason, 'payment-refused'), p_now, p_by);
  END IF;
  SELECT * INTO a FROM attempt WHERE id = p_attempt;
  SELECT * INTO b FROM booking WHERE id = b.id;
  IF b.attempt_id = a.id THEN
    -- Mostly known already from payment's answer: a row rewritten as it was would cost every index an entry.
    IF (b.payment_id, b.payment_status) IS DISTINCT FROM (p_payment, p_status) THEN
      UPDATE booking SET payment_id = p_payment, payment_status = p_status WHERE id = b.id RETURNING * INTO b;
    END IF;
  ELSIF p_status = 'failed' AND a.status = 'authorized' AND coalesce(a.keep_minor, 0) + coalesce(a.keep_credits, 0) > 0 THEN
    UPDATE booking SET payment_status = 'failed' WHERE id = b.id RETURNING * INTO b;
  END IF;
  -- A capture refused for good: a booking not yet begun ends, a later one shows it.
  IF p_status = 'failed' AND a.status = 'authorized' AND b.status = 'confirmed' AND b.starts_at > p_now THEN
    UPDATE attempt SET status = 'refused', reason_code = coalesce(p_reason, 'payment-failed') WHERE id = a.id;
    PERFORM end_booking(b, 'payment-failed', 100, NULL, p_now, p_by);
  END IF;
  RETURN true;
END $$;

-- Starts a try to pay a booking that waits for payment and has no open attempt.
CREATE FUNCTION start_payment(p_booking uuid, p_attempt jsonb, p_key jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; v_repeat uuid;
BEGIN
  v_repeat := take_key(p_key, p_booking, p_now);
  IF v_repeat IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_repeat); END IF;
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.status <> 'pending_payment' OR b.hold_expires_at <= p_now OR EXISTS (SELECT FROM attempt WHERE booking_id = p_booking AND status = 'open')
    THEN PERFORM refuse('illegal-transition'); END IF;
  PERFORM open_attempt(p_attempt, p_booking, 'pay', NULL, p_now);
  UPDATE booking SET payment_method = p_attempt->>'method', payment_status = 'pending', attempt_id = (p_attempt->>'id')::uuid WHERE id = p_booking RETURNING * INTO b;
  PERFORM note(b, 'payment-started', p_now, p_by, jsonb_build_object('attemptId', p_attempt->>'id'));
  RETURN jsonb_build_object('outcome', 'started', 'booking', booking_view(b));
END $$;
