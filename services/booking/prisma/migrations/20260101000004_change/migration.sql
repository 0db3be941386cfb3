-- Puts an accepted change in force: the old claim goes, the new one stays, the version rises. Caller holds the row lock.
CREATE FUNCTION apply_change(b booking, p_target jsonb, p_change uuid, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE
  v_previous jsonb := jsonb_build_object('spaceId', b.space_id, 'unitId', b.unit_id, 'startsAt', to_instant(b.starts_at), 'endsAt', to_instant(b.ends_at));
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
    CASE WHEN b.payment_method = 'credits' THEN coalesce(b.total_credits, 0) ELSE 0 END);
  PERFORM publish(b, 'rescheduled', p_now, p_by, '{}', v_previous);
  RETURN b;
END $$;

-- The difference is authorized: compare-and-swap on the version the change began from. Too late: nothing of it is kept, and
-- payment is told so (release_owed).
CREATE FUNCTION apply_paid_change(b booking, a attempt, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE c pending_change; v_first boolean := b.payment_method = 'none';
BEGIN
  SELECT * INTO c FROM pending_change WHERE booking_id = b.id AND id = a.change_id;
  IF NOT FOUND OR c.base_version <> b.version OR b.status <> 'confirmed' OR c.expires_at <= p_now THEN
    IF c.id IS NOT NULL AND drop_change(b.id, p_now, false) THEN PERFORM note(b, 'change-expired', p_now, p_by); END IF;
    UPDATE attempt SET status = 'abandoned', keep_minor = 0, keep_credits = 0, release_owed = true WHERE id = a.id;
    RETURN b;
  END IF;
  DELETE FROM pending_change WHERE booking_id = b.id;
  RETURN apply_change(b, c.target || CASE WHEN v_first
    THEN jsonb_build_object('payment_method', a.method, 'payment_status', 'authorized', 'payment_id', a.payment_id, 'attempt_id', a.id) ELSE '{}' END, c.id, p_now, p_by);
END $$;

-- p: {bookingId, userId, version, target: columns of booking, units, unitNames, revision, changeId, attempt?, expiresAt}.
-- Without an attempt nothing more is due and the change is in force at once. userId is the member the booking is for.
CREATE FUNCTION start_change(p jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  b booking; n booking; v_units uuid[] := ARRAY(SELECT jsonb_array_elements_text(p->'units')::uuid); v_during tstzrange; v_unit uuid;
  v_change uuid := (p->>'changeId')::uuid; v_target jsonb := p->'target';
BEGIN
  PERFORM assert_bookable((p->>'userId')::uuid, (v_target->>'space_id')::uuid, (v_target->>'location_id')::uuid,
    (v_target->>'starts_at')::timestamptz, (v_target->>'ends_at')::timestamptz, (p->>'revision')::integer);
  SELECT * INTO b FROM booking WHERE id = (p->>'bookingId')::uuid FOR UPDATE;
  IF b.version <> (p->>'version')::integer THEN PERFORM refuse('version-stale'); END IF;
  IF b.status <> 'confirmed' OR b.starts_at <= p_now THEN PERFORM refuse('illegal-transition'); END IF;
  PERFORM expire_changes(ARRAY[b.id], p_now, p_by, false);
  IF EXISTS (SELECT FROM pending_change WHERE booking_id = b.id) THEN PERFORM refuse('illegal-transition'); END IF;
  n := jsonb_populate_record(b, v_target);
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

-- Title and attendees alone: an accepted change without an event, for no event may carry them.
CREATE FUNCTION change_words(p_booking uuid, p_version integer, p_words jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; n booking;
BEGIN
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.version <> p_version THEN PERFORM refuse('version-stale'); END IF;
  IF b.status NOT IN ('pending_approval', 'pending_payment', 'confirmed', 'checked_in') THEN PERFORM refuse('illegal-transition'); END IF;
  PERFORM expire_changes(ARRAY[b.id], p_now, p_by, false);
  IF EXISTS (SELECT FROM pending_change WHERE booking_id = b.id) THEN PERFORM refuse('illegal-transition'); END IF;
  n := jsonb_populate_record(b, p_words);
  UPDATE booking SET title = n.title, attendees = n.attendees, version = b.version + 1, updated_at = p_now WHERE id = p_booking RETURNING * INTO b;
  PERFORM note(b, 'edited', p_now, p_by);
  RETURN jsonb_build_object('outcome', 'changed', 'booking', booking_view(b));
END $$;
