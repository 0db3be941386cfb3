-- What was given back stays given back: an attempt's share may shrink and never grows again, for its money is gone. Only the
-- attempt that pays for this very change (p_change) begins with its whole amount. Before, 1 h, 2 h, 1 h, 2 h by card kept
-- the attempt whose money had been returned and voided the new one.
CREATE FUNCTION keep_of_attempts(p_booking uuid, p_minor bigint, p_credits bigint, p_change uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a attempt; v_minor bigint := p_minor; v_credits bigint := p_credits;
BEGIN
  FOR a IN SELECT * FROM attempt WHERE booking_id = p_booking AND status <> 'open' ORDER BY created_at, id LOOP
    IF a.status <> 'authorized' THEN
      a.keep_minor := 0;
      a.keep_credits := 0;
    ELSIF a.change_id = p_change THEN
      a.keep_minor := least(a.amount_minor, v_minor);
      a.keep_credits := least(a.amount_credits, v_credits);
    ELSE
      a.keep_minor := least(a.keep_minor, v_minor);
      a.keep_credits := least(a.keep_credits, v_credits);
    END IF;
    UPDATE attempt SET keep_minor = a.keep_minor, keep_credits = a.keep_credits
      WHERE id = a.id AND (keep_minor, keep_credits) IS DISTINCT FROM (a.keep_minor, a.keep_credits);
    v_minor := v_minor - a.keep_minor;
    v_credits := v_credits - a.keep_credits;
  END LOOP;
END $$;

-- For whom no change is paid: a cancellation.
CREATE OR REPLACE FUNCTION keep_of_attempts(p_booking uuid, p_minor bigint, p_credits bigint) RETURNS void LANGUAGE sql AS $$
  SELECT keep_of_attempts(p_booking, p_minor, p_credits, NULL)
$$;

-- As before, but for the attempt that pays for it.
CREATE OR REPLACE FUNCTION apply_change(b booking, p_target jsonb, p_change uuid, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE
  v_before booking := b;
  v_id uuid := b.id;
  n booking;
BEGIN
  UPDATE claim SET active = false WHERE booking_id = b.id AND active AND change_id IS DISTINCT FROM p_change;
  UPDATE claim SET change_id = NULL WHERE booking_id = b.id AND active;
  n := jsonb_populate_record(b, p_target);
  UPDATE booking SET space_id = n.space_id, unit_id = n.unit_id, location_id = n.location_id, kind = n.kind, space_name = n.space_name, unit_name = n.unit_name,
    location_name = n.location_name, time_zone = n.time_zone, starts_at = n.starts_at, ends_at = n.ends_at,
    buffer_before_minutes = n.buffer_before_minutes, buffer_after_minutes = n.buffer_after_minutes, title = n.title, attendees = n.attendees,
    currency = n.currency, net_minor = n.net_minor, tax_minor = n.tax_minor, total_minor = n.total_minor, total_credits = n.total_credits,
    lines = n.lines, policy = n.policy, payment_method = n.payment_method, payment_status = n.payment_status, payment_id = n.payment_id,
    attempt_id = n.attempt_id, version = b.version + 1, updated_at = p_now
  WHERE id = v_id RETURNING * INTO b;
  PERFORM keep_of_attempts(b.id, CASE WHEN b.payment_method = 'card' THEN b.total_minor ELSE 0 END,
    CASE WHEN b.payment_method = 'credits' THEN coalesce(b.total_credits, 0) ELSE 0 END, p_change);
  PERFORM publish_rescheduled(b, v_before, p_now, p_by);
  RETURN b;
END $$;
