-- What a person had ahead when the account was deactivated comes back whole, however late booking hears of it: a booking that
-- began in between is no less theirs to be refunded. deactivated_at is the event's own time.
-- As before, but for that.
CREATE OR REPLACE FUNCTION cancel_bookings_of(p_user uuid, p_limit integer, p_now timestamptz, p_by jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  b booking; v_count integer := 0;
  v_since timestamptz := least(p_now, (SELECT deactivated_at FROM deactivated_user WHERE user_id = p_user));
BEGIN
  FOR b IN SELECT * FROM booking WHERE user_id = p_user AND (status IN ('held', 'pending_approval', 'pending_payment') OR (status = 'confirmed' AND starts_at > v_since))
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
