-- A booking that runs can be given another end, a booking without money in it can be paid anew, and refunds of credits are
-- rounded up. Only functions change, and none its arguments: a replica of before this migration calls them as it did.

-- As before, but for what runs: a change of it may wait for its payment too.
CREATE OR REPLACE FUNCTION booking_view(b booking) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT to_jsonb(b) || jsonb_build_object(
    'pending_change', CASE WHEN b.status IN ('confirmed', 'checked_in') THEN (SELECT to_jsonb(c) FROM pending_change c WHERE c.booking_id = b.id) END,
    'open_attempt', CASE WHEN b.status IN ('pending_payment', 'confirmed', 'checked_in')
      THEN (SELECT jsonb_build_object('id', a.id, 'next_action', a.next_action) FROM attempt a WHERE a.booking_id = b.id AND a.status = 'open') END,
    'refusal', CASE WHEN b.status IN ('cancelled', 'pending_payment', 'held', 'confirmed', 'checked_in')
      THEN (SELECT a.reason_code FROM attempt a WHERE a.booking_id = b.id AND a.status = 'refused' ORDER BY a.created_at DESC LIMIT 1) END)
$$;

-- Whether nothing is kept of any payment of the booking: free, or given back whole when it became free.
CREATE FUNCTION holds_no_money(b booking) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN
  CASE b.payment_method WHEN 'card' THEN b.total_minor = 0 WHEN 'credits' THEN coalesce(b.total_credits, 0) = 0 ELSE true END;

-- As before, but for what runs, and for a booking without money in it: the payment of the change is then the booking's own.
CREATE OR REPLACE FUNCTION apply_paid_change(b booking, a attempt, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE c pending_change; v_first boolean := holds_no_money(b);
BEGIN
  SELECT * INTO c FROM pending_change WHERE booking_id = b.id AND id = a.change_id;
  IF NOT FOUND OR c.base_version <> b.version OR b.status NOT IN ('confirmed', 'checked_in') OR c.expires_at <= p_now THEN
    IF c.id IS NOT NULL AND drop_change(b.id, p_now, false) THEN PERFORM note(b, 'change-expired', p_now, p_by); END IF;
    UPDATE attempt SET status = 'abandoned', keep_minor = 0, keep_credits = 0, release_owed = true WHERE id = a.id;
    RETURN b;
  END IF;
  DELETE FROM pending_change WHERE booking_id = b.id;
  RETURN apply_change(b, c.target || CASE WHEN v_first
    THEN jsonb_build_object('payment_method', a.method, 'payment_status', 'authorized', 'payment_id', a.payment_id, 'attempt_id', a.id) ELSE '{}' END, c.id, p_now, p_by);
END $$;

-- As before, but for addedFrom: up to there the booking has the time already. Only what lies beyond is judged, and when nothing
-- does, no closure, deactivation or newer revision stands in the way. What runs keeps its start and its unit.
-- p: {bookingId, userId, version, target: columns of booking, units, unitNames, revision, changeId, attempt?, expiresAt, addedFrom?}.
CREATE OR REPLACE FUNCTION start_change(p jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  b booking; n booking; v_units uuid[] := ARRAY(SELECT jsonb_array_elements_text(p->'units')::uuid); v_during tstzrange; v_unit uuid;
  v_change uuid := (p->>'changeId')::uuid; v_target jsonb := p->'target'; v_runs boolean;
  v_ends timestamptz := (v_target->>'ends_at')::timestamptz;
  v_judged timestamptz := coalesce((p->>'addedFrom')::timestamptz, (v_target->>'starts_at')::timestamptz);
BEGIN
  IF v_judged < v_ends OR p->>'addedFrom' IS NULL THEN
    PERFORM assert_bookable((p->>'userId')::uuid, (v_target->>'space_id')::uuid, (v_target->>'location_id')::uuid, v_judged, v_ends, (p->>'revision')::integer);
  END IF;
  SELECT * INTO b FROM booking WHERE id = (p->>'bookingId')::uuid FOR UPDATE;
  IF b.version <> (p->>'version')::integer THEN PERFORM refuse('version-stale'); END IF;
  n := jsonb_populate_record(b, v_target);
  v_runs := b.status = 'checked_in' OR b.starts_at <= p_now;
  IF b.status NOT IN ('confirmed', 'checked_in') OR b.ends_at <= p_now THEN PERFORM refuse('illegal-transition'); END IF;
  IF v_runs AND (p->>'addedFrom' IS NULL OR n.starts_at <> b.starts_at OR n.ends_at <= p_now OR v_units <> ARRAY[b.unit_id]) THEN
    PERFORM refuse('illegal-transition');
  END IF;
  PERFORM expire_changes(ARRAY[b.id], p_now, p_by, false);
  IF EXISTS (SELECT FROM pending_change WHERE booking_id = b.id) THEN PERFORM refuse('illegal-transition'); END IF;
  v_during := buffered(n.starts_at, n.ends_at, n.buffer_before_minutes, n.buffer_after_minutes);
  PERFORM expire_overdue_on(v_units, v_during, NULL, p_now, p_by);
  -- The unit it has is kept whenever it is free for the new time.
  IF b.unit_id = ANY (v_units) THEN v_unit := claim_unit(ARRAY[b.unit_id], v_during, n.starts_at, n.ends_at, n.location_id, b.id, v_change); END IF;
  IF v_unit IS NULL THEN v_unit := claim_unit(v_units, v_during, n.starts_at, n.ends_at, n.location_id, b.id, v_change); END IF;
  IF v_unit IS NULL THEN PERFORM refuse('slot-conflict', list_conflicts(v_units, v_during, b.id, p_now)); END IF;
  v_target := v_target || jsonb_build_object('unit_id', v_unit, 'unit_name', p->'unitNames'->>(v_unit::text));
  IF jsonb_typeof(p->'attempt') = 'object' THEN
    PERFORM open_attempt(p->'attempt', b.id, 'change', v_change, p_now);
    INSERT INTO pending_change (booking_id, id, base_version, attempt_id, space_id, unit_id, starts_at, ends_at, currency, total_minor, target, expires_at, created_at)
      VALUES (b.id, v_change, b.version, (p->'attempt'->>'id')::uuid, n.space_id, v_unit, n.starts_at, n.ends_at, n.currency, n.total_minor, v_target,
        (p->>'expiresAt')::timestamptz, p_now);
    PERFORM note(b, 'change-started', p_now, p_by);
    RETURN jsonb_build_object('outcome', 'pending', 'booking', booking_view(b));
  END IF;
  b := apply_change(b, v_target, v_change, p_now, p_by);
  RETURN jsonb_build_object('outcome', 'changed', 'booking', booking_view(b));
END $$;

-- As before, but a longer end that waits for its payment stays promised: checking in does not take it back.
CREATE OR REPLACE FUNCTION check_in_booking(p_booking uuid, p_version integer, p_key jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; v_repeat uuid;
BEGIN
  v_repeat := take_key(p_key, p_booking, p_now);
  IF v_repeat IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_repeat); END IF;
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.version <> p_version THEN PERFORM refuse('version-stale'); END IF;
  IF b.status <> 'confirmed' THEN PERFORM refuse('illegal-transition'); END IF;
  UPDATE pending_change SET base_version = b.version + 1 WHERE booking_id = b.id AND base_version = b.version AND starts_at = b.starts_at AND unit_id = b.unit_id;
  IF NOT FOUND THEN PERFORM drop_change(b.id, p_now, false); END IF;
  UPDATE booking SET status = 'checked_in', checked_in_at = p_now, version = b.version + 1, updated_at = p_now WHERE id = p_booking RETURNING * INTO b;
  PERFORM publish(b, 'checked-in', p_now, p_by);
  RETURN jsonb_build_object('outcome', 'checked-in', 'booking', booking_view(b));
END $$;

-- As before, but a refund of credits is rounded up: a share of one credit gives that credit back, as a share of an hour costs one.
CREATE OR REPLACE FUNCTION end_booking(b booking, p_reason_code text, p_percent integer, p_reason text, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE
  v_paid boolean := b.status IN ('confirmed', 'checked_in') AND p_reason_code <> 'payment-failed';
  v_minor bigint := CASE WHEN v_paid AND b.payment_method = 'card' THEN b.total_minor ELSE 0 END;
  v_credits bigint := CASE WHEN v_paid AND b.payment_method = 'credits' THEN coalesce(b.total_credits, 0) ELSE 0 END;
  -- Money is rounded half up, as prices are.
  v_refund_minor bigint := (v_minor * p_percent + 50) / 100;
  v_refund_credits bigint := (v_credits * p_percent + 99) / 100;
BEGIN
  PERFORM drop_change(b.id, p_now, false);
  PERFORM abandon_attempts(b.id, p_now);
  PERFORM keep_of_attempts(b.id, v_minor - v_refund_minor, v_credits - v_refund_credits);
  UPDATE claim SET active = false WHERE booking_id = b.id AND active;
  UPDATE booking SET status = 'cancelled', version = b.version + 1, reason_code = p_reason_code, reason = p_reason,
    payment_status = CASE WHEN payment_status = 'pending' THEN 'none' ELSE payment_status END,
    refund_minor = v_refund_minor, refund_credits = v_refund_credits, refund_percent = p_percent, updated_at = p_now
  WHERE id = b.id RETURNING * INTO b;
  PERFORM publish(b, 'cancelled', p_now, p_by);
  RETURN b;
END $$;

-- Replacing a function forgets its settings (see 20260101000005_transitions).
ALTER FUNCTION start_change SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION start_change SET enable_seqscan = off;
