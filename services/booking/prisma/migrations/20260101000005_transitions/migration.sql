-- Ends a live booking as cancelled and keeps what the refund leaves of the money. Caller holds the row lock.
CREATE FUNCTION end_booking(b booking, p_reason_code text, p_percent integer, p_reason text, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE
  v_paid boolean := b.status IN ('confirmed', 'checked_in') AND p_reason_code <> 'payment-failed';
  v_minor bigint := CASE WHEN v_paid AND b.payment_method = 'card' THEN b.total_minor ELSE 0 END;
  v_credits bigint := CASE WHEN v_paid AND b.payment_method = 'credits' THEN coalesce(b.total_credits, 0) ELSE 0 END;
  -- Rounded half up, as prices are.
  v_refund_minor bigint := (v_minor * p_percent + 50) / 100;
  v_refund_credits bigint := (v_credits * p_percent + 50) / 100;
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

-- The percentage was worked out from the version read: another version is refused and the caller reads again.
CREATE FUNCTION cancel_booking(p_booking uuid, p_version integer, p_reason_code text, p_percent integer, p_reason text, p_key jsonb, p_now timestamptz, p_by jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; v_repeat uuid;
BEGIN
  v_repeat := take_key(p_key, p_booking, p_now);
  IF v_repeat IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_repeat); END IF;
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.status = 'cancelled' THEN RETURN jsonb_build_object('outcome', 'cancelled', 'booking', booking_view(b)); END IF;
  IF b.version <> p_version THEN PERFORM refuse('version-stale'); END IF;
  IF b.status NOT IN ('pending_approval', 'pending_payment', 'confirmed') THEN PERFORM refuse('illegal-transition'); END IF;
  b := end_booking(b, p_reason_code, p_percent, p_reason, p_now, p_by);
  RETURN jsonb_build_object('outcome', 'cancelled', 'booking', booking_view(b));
END $$;

CREATE FUNCTION check_in_booking(p_booking uuid, p_version integer, p_key jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; v_repeat uuid;
BEGIN
  v_repeat := take_key(p_key, p_booking, p_now);
  IF v_repeat IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_repeat); END IF;
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.version <> p_version THEN PERFORM refuse('version-stale'); END IF;
  IF b.status <> 'confirmed' THEN PERFORM refuse('illegal-transition'); END IF;
  PERFORM drop_change(b.id, p_now, false);
  UPDATE booking SET status = 'checked_in', checked_in_at = p_now, version = b.version + 1, updated_at = p_now WHERE id = p_booking RETURNING * INTO b;
  PERFORM publish(b, 'checked-in', p_now, p_by);
  RETURN jsonb_build_object('outcome', 'checked-in', 'booking', booking_view(b));
END $$;

-- Ends a booking as completed; before its end the rest of its claim is freed (the buffer after it stays).
CREATE FUNCTION complete_booking(b booking, p_checked_out timestamptz, p_now timestamptz, p_by jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE v_until timestamptz := p_checked_out + make_interval(mins => b.buffer_after_minutes);
BEGIN
  PERFORM drop_change(b.id, p_now, false);
  IF p_checked_out < b.ends_at THEN
    UPDATE claim SET active = false WHERE booking_id = b.id AND active AND (lower(during) >= v_until OR starts_at >= p_checked_out);
    UPDATE claim SET during = tstzrange(lower(during), v_until, '[)'), ends_at = p_checked_out WHERE booking_id = b.id AND active AND upper(during) > v_until;
  END IF;
  UPDATE booking SET status = 'completed', checked_out_at = p_checked_out, version = b.version + 1, updated_at = p_now WHERE id = b.id RETURNING * INTO b;
  PERFORM publish(b, 'completed', p_now, p_by);
  RETURN b;
END $$;

CREATE FUNCTION check_out_booking(p_booking uuid, p_version integer, p_key jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b booking; v_repeat uuid;
BEGIN
  v_repeat := take_key(p_key, p_booking, p_now);
  IF v_repeat IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_repeat); END IF;
  SELECT * INTO b FROM booking WHERE id = p_booking FOR UPDATE;
  IF b.version <> p_version THEN PERFORM refuse('version-stale'); END IF;
  IF b.status <> 'checked_in' THEN PERFORM refuse('illegal-transition'); END IF;
  b := complete_booking(b, least(p_now, b.ends_at), p_now, p_by);
  RETURN jsonb_build_object('outcome', 'completed', 'booking', booking_view(b));
END $$;

-- Only its own live hold; NULL: there is none. A hold that had become a booking once tells of its end.
CREATE FUNCTION release_hold(p_hold uuid, p_user uuid, p_now timestamptz, p_by jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE b booking;
BEGIN
  SELECT * INTO b FROM booking WHERE id = p_hold AND user_id = p_user AND status = 'held' AND hold_expires_at > p_now FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM release_hold_counters(ARRAY['holds:' || p_user]);
  UPDATE claim SET active = false WHERE booking_id = b.id AND active;
  UPDATE booking SET status = 'cancelled', reason_code = 'member', withdrawn = true, version = CASE WHEN version = 0 THEN 0 ELSE version + 1 END, updated_at = p_now
    WHERE id = b.id RETURNING * INTO b;
  IF b.version = 0 THEN PERFORM note(b, 'cancelled', p_now, p_by); ELSE PERFORM publish(b, 'cancelled', p_now, p_by); END IF;
  RETURN true;
END $$;

-- Sweeps. Each does at most p_limit and says how many, so that a long absence is worked off in small transactions.
CREATE FUNCTION sweep_overdue(p_limit integer, p_now timestamptz, p_by jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_bookings uuid[]; v_changes uuid[];
BEGIN
  v_bookings := ARRAY(SELECT id FROM booking WHERE status IN ('held', 'pending_payment') AND hold_expires_at <= p_now ORDER BY hold_expires_at LIMIT p_limit);
  v_changes := ARRAY(SELECT booking_id FROM pending_change WHERE expires_at <= p_now ORDER BY expires_at LIMIT p_limit);
  RETURN expire_bookings(v_bookings, p_now, p_by, true) + expire_changes(v_changes, p_now, p_by, true);
END $$;

-- At its end a booking is completed, checked in or not: without a check-in policy nobody is a no-show.
CREATE FUNCTION sweep_ended(p_limit integer, p_now timestamptz, p_by jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE b booking; v_count integer := 0;
BEGIN
  FOR b IN SELECT * FROM booking WHERE status IN ('confirmed', 'checked_in') AND ends_at <= p_now ORDER BY ends_at LIMIT p_limit FOR UPDATE SKIP LOCKED LOOP
    PERFORM complete_booking(b, b.ends_at, p_now, p_by);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- Future bookings of a deactivated person end with a full refund, holds too. Waits for rows that others are changing.
CREATE FUNCTION cancel_bookings_of(p_user uuid, p_limit integer, p_now timestamptz, p_by jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE b booking; v_count integer := 0;
BEGIN
  FOR b IN SELECT * FROM booking WHERE user_id = p_user AND (status IN ('held', 'pending_approval', 'pending_payment') OR (status = 'confirmed' AND starts_at > p_now))
    ORDER BY id LIMIT p_limit FOR UPDATE LOOP
    IF b.status = 'held' THEN
      PERFORM release_hold_counters(ARRAY['holds:' || p_user]);
      UPDATE claim SET active = false WHERE booking_id = b.id AND active;
      UPDATE booking SET status = 'cancelled', reason_code = 'deactivated', withdrawn = true, version = CASE WHEN version = 0 THEN 0 ELSE version + 1 END, updated_at = p_now
        WHERE id = b.id RETURNING * INTO b;
      IF b.version = 0 THEN PERFORM note(b, 'cancelled', p_now, p_by); ELSE PERFORM publish(b, 'cancelled', p_now, p_by); END IF;
    ELSE
      PERFORM end_booking(b, 'deactivated', 100, NULL, p_now, p_by);
    END IF;
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- One call for workspace: the next revisions become the lowest acceptable unless the units are claimed in future. The
-- exclusive locks wait for claims under way, and claims that come later read the new revisions.
-- p_spaces: [{spaceId, nextRevision, unitIds: [id] | null}]. True: in use, and every revision is as it was.
CREATE FUNCTION retire_units(p_spaces jsonb, p_at timestamptz, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v_at timestamptz := greatest(p_at, p_now);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('space:' || id, 0)) FROM (SELECT s->>'spaceId' AS id FROM jsonb_array_elements(p_spaces) AS s ORDER BY 1) ordered;
  IF EXISTS (SELECT FROM jsonb_array_elements(p_spaces) AS s JOIN booking b ON b.space_id = (s->>'spaceId')::uuid
        AND b.status IN ('held', 'pending_approval', 'pending_payment', 'confirmed', 'checked_in')
      JOIN claim c ON c.booking_id = b.id AND c.active AND c.change_id IS NULL AND upper(c.during) > v_at
    WHERE jsonb_typeof(s->'unitIds') <> 'array' OR s->'unitIds' @> to_jsonb(c.unit_id::text)) THEN RETURN true; END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(p_spaces) AS s JOIN pending_change p ON p.space_id = (s->>'spaceId')::uuid
    WHERE p.ends_at > v_at AND (jsonb_typeof(s->'unitIds') <> 'array' OR s->'unitIds' @> to_jsonb(p.unit_id::text))) THEN RETURN true; END IF;
  INSERT INTO space_revision AS r (space_id, lowest) SELECT (s->>'spaceId')::uuid, max((s->>'nextRevision')::integer) FROM jsonb_array_elements(p_spaces) AS s GROUP BY 1
    ON CONFLICT (space_id) DO UPDATE SET lowest = greatest(r.lowest, excluded.lowest);
  RETURN false;
END $$;

-- What need not be kept: keys after 24 h, holds that never became bookings after 24 h, and what bookings say about people
-- 30 days after their end.
CREATE FUNCTION sweep_forgotten(p_limit integer, p_now timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_ids uuid[]; v_count integer; v_total integer := 0;
BEGIN
  DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency WHERE created_at <= p_now - interval '24 hours' LIMIT p_limit));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  v_total := v_count;
  v_ids := ARRAY(SELECT id FROM booking WHERE version = 0 AND status IN ('expired', 'cancelled') AND updated_at <= p_now - interval '24 hours' LIMIT p_limit);
  DELETE FROM claim WHERE booking_id = ANY (v_ids);
  DELETE FROM booking_history WHERE booking_id = ANY (v_ids);
  DELETE FROM booking WHERE id = ANY (v_ids);
  v_total := v_total + cardinality(v_ids);
  UPDATE booking SET title = NULL, attendees = '[]', reason = NULL WHERE id = ANY (ARRAY(SELECT id FROM booking
    WHERE (title IS NOT NULL OR attendees <> '[]' OR reason IS NOT NULL) AND ends_at <= p_now - interval '30 days' LIMIT p_limit));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_total + v_count;
END $$;

-- Every statement of these is a look into an index. Planning it anew for each call costs more than running it, and a plan
-- made while the tables were small would read them whole until the next ANALYZE.
ALTER FUNCTION claim_booking SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION claim_booking SET enable_seqscan = off;
ALTER FUNCTION settle_attempt SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION settle_attempt SET enable_seqscan = off;
ALTER FUNCTION start_change SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION start_change SET enable_seqscan = off;
ALTER FUNCTION cancel_booking SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION cancel_booking SET enable_seqscan = off;
ALTER FUNCTION note_payment SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION note_payment SET enable_seqscan = off;

-- Room on the page for a row's next states: an update that stays there writes no index.
ALTER TABLE booking SET (fillfactor = 70);
ALTER TABLE attempt SET (fillfactor = 70);
