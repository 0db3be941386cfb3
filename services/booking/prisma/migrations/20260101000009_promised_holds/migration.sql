-- As before, but for promised holds. Ends an attempt: 'authorized', 'refused' or 'unsent'. Idempotent; an attempt already ended only
-- learns its payment id, and one that was promised stays 'open' when it was not sent.
-- Answers {attempt: its status, booking}. This one call is the confirm step, a refused payment, and the end of a change.
CREATE OR REPLACE FUNCTION settle_attempt(p_attempt uuid, p_status text, p_payment uuid, p_reason text, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE a attempt; b booking; v_keeps boolean;
BEGIN
  SELECT k.* INTO b FROM booking k WHERE k.id = (SELECT booking_id FROM attempt WHERE id = p_attempt) FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  -- Whether this very answer confirms the booking; a change decides for itself what is kept.
  v_keeps := p_status = 'authorized' AND b.status = 'pending_payment' AND b.hold_expires_at > p_now;
  UPDATE attempt SET status = p_status, token = NULL, next_action = NULL, payment_id = coalesce(p_payment, payment_id), reason_code = p_reason, settled_at = p_now,
    keep_minor = CASE WHEN v_keeps THEN amount_minor ELSE 0 END, keep_credits = CASE WHEN v_keeps THEN amount_credits ELSE 0 END
    WHERE id = p_attempt AND status = 'open' AND NOT (promised AND p_status = 'unsent') RETURNING * INTO a;
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
    -- A hold that is answered 402 is a hold again, and nobody sees it. Who was told 202 sees a refused booking, also by its key.
    IF a.promised THEN b.held_until := NULL; END IF;
    b := unwind_booking(b, p_status = 'unsent', p_now, p_by);
  ELSE
    -- A try through /pay: the booking waits for the next one until its expiry.
    PERFORM note(b, 'payment-refused', p_now, p_by, jsonb_build_object('reason', p_reason));
    IF p_status = 'unsent' THEN DELETE FROM idempotency WHERE booking_id = b.id AND path = '/v1/bookings/' || b.id || '/pay'; END IF;
  END IF;
  RETURN jsonb_build_object('attempt', (SELECT status FROM attempt WHERE id = p_attempt), 'booking', booking_view(b));
END $$;

-- Replacing a function forgets its settings (see 20260101000005_transitions).
ALTER FUNCTION settle_attempt SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION settle_attempt SET enable_seqscan = off;
