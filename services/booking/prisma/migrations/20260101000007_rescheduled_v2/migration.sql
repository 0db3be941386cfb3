-- booking.rescheduled.v2 beside v1, in the transaction of the change (docs/events-v2.md). Only functions change, and none
-- its arguments: a replica of before this migration publishes both from the moment it is applied.

-- What a booking was before it moved, as v2 tells it: all that price and place have to be compared with.
CREATE FUNCTION booking_before(b booking) RETURNS jsonb LANGUAGE sql STABLE RETURN jsonb_build_object(
  'spaceId', b.space_id, 'unitId', b.unit_id, 'locationId', b.location_id, 'kind', b.kind,
  'startsAt', to_instant(b.starts_at), 'endsAt', to_instant(b.ends_at), 'timeZone', b.time_zone,
  'currency', b.currency, 'netMinor', b.net_minor, 'taxMinor', b.tax_minor, 'totalMinor', b.total_minor, 'totalCredits', coalesce(b.total_credits, 0));

-- History once, and both versions of the event: v1 names its successor, so that who acts on v2 passes over it.
CREATE FUNCTION publish_rescheduled(b booking, p_before booking, p_now timestamptz, p_by jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_successor uuid := uuidv7();
  v_previous jsonb := booking_before(p_before);
  v_state jsonb := booking_state(b, p_now);
BEGIN
  PERFORM note(b, 'rescheduled', p_now, p_by);
  INSERT INTO outbox (id, topic, key, type, data, traceparent, occurred_at) VALUES
    (uuidv7(), 'booking', b.id::text, 'booking.rescheduled.v1', v_state || jsonb_build_object('successorEventId', v_successor,
      'previous', jsonb_build_object('spaceId', v_previous->'spaceId', 'unitId', v_previous->'unitId', 'startsAt', v_previous->'startsAt', 'endsAt', v_previous->'endsAt')),
      p_by->>'traceparent', p_now),
    (v_successor, 'booking', b.id::text, 'booking.rescheduled.v2', v_state || jsonb_build_object('previous', v_previous,
      'actor', jsonb_build_object('type', p_by->>'type', 'id', p_by->>'id')), p_by->>'traceparent', p_now);
END $$;

-- As before, but for the last step.
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
    CASE WHEN b.payment_method = 'credits' THEN coalesce(b.total_credits, 0) ELSE 0 END);
  PERFORM publish_rescheduled(b, v_before, p_now, p_by);
  RETURN b;
END $$;
