-- Every function that changes a booking takes the product's clock as p_now and who does it as
-- p_by {type, id, traceparent}, and writes history and outbox itself: no caller can forget them.

-- As events write instants: UTC, whole seconds.
CREATE FUNCTION to_instant(p_at timestamptz) RETURNS text LANGUAGE sql STABLE RETURN
  to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- data of every booking event (contracts BookingStateSchema): no personal member.
CREATE FUNCTION booking_state(b booking, p_at timestamptz, p_previous jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'bookingId', b.id, 'version', b.version, 'reference', b.reference, 'userId', b.user_id, 'teamId', b.team_id,
    'spaceId', b.space_id, 'unitId', b.unit_id, 'locationId', b.location_id, 'kind', b.kind,
    'startsAt', to_instant(b.starts_at), 'endsAt', to_instant(b.ends_at), 'timeZone', b.time_zone, 'status', b.status,
    'currency', b.currency, 'netMinor', b.net_minor, 'taxMinor', b.tax_minor, 'totalMinor', b.total_minor,
    'totalCredits', coalesce(b.total_credits, 0), 'paymentMethod', b.payment_method,
    'attempts', (SELECT coalesce(jsonb_agg(jsonb_build_object('attemptId', a.id, 'method', a.method, 'currency', a.currency,
        'amountMinor', a.amount_minor, 'amountCredits', a.amount_credits, 'keepMinor', a.keep_minor, 'keepCredits', a.keep_credits)
        ORDER BY a.created_at, a.id), '[]') FROM attempt a WHERE a.booking_id = b.id),
    'checkedInAt', to_instant(b.checked_in_at), 'checkedOutAt', to_instant(b.checked_out_at), 'reasonCode', b.reason_code,
    'refundMinor', b.refund_minor, 'refundCredits', b.refund_credits, 'refundPercent', b.refund_percent,
    'previous', p_previous, 'createdAt', to_instant(b.created_at), 'at', to_instant(p_at))
$$;

-- What the service renders a booking from.
CREATE FUNCTION booking_view(b booking) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT to_jsonb(b) || jsonb_build_object(
    'pending_change', CASE WHEN b.status = 'confirmed' THEN (SELECT to_jsonb(c) FROM pending_change c WHERE c.booking_id = b.id) END,
    'open_attempt', CASE WHEN b.status IN ('pending_payment', 'confirmed')
      THEN (SELECT jsonb_build_object('id', a.id, 'next_action', a.next_action) FROM attempt a WHERE a.booking_id = b.id AND a.status = 'open') END,
    'refusal', CASE WHEN b.status IN ('cancelled', 'pending_payment', 'held', 'confirmed')
      THEN (SELECT a.reason_code FROM attempt a WHERE a.booking_id = b.id AND a.status = 'refused' ORDER BY a.created_at DESC LIMIT 1) END)
$$;

-- The same for a booking just claimed or confirmed, which has neither: the hot path reads nothing that it knows.
CREATE FUNCTION booking_view_plain(b booking) RETURNS jsonb LANGUAGE sql STABLE RETURN
  to_jsonb(b) || '{"pending_change": null, "open_attempt": null, "refusal": null}'::jsonb;

-- A refusal undoes everything the call did. The service reads slug and detail; nothing else raises AL000.
CREATE FUNCTION refuse(p_slug text, p_detail jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'AL000', MESSAGE = p_slug, DETAIL = p_detail::text;
END $$;

CREATE FUNCTION note(b booking, p_what text, p_now timestamptz, p_by jsonb, p_detail jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  INSERT INTO booking_history (booking_id, version, at, what, actor_type, actor_id, trace_id, detail)
  VALUES (b.id, b.version, p_now, p_what, p_by->>'type', p_by->>'id', split_part(p_by->>'traceparent', '-', 2), p_detail)
$$;

-- History and event of one transition. The caller holds the booking's row lock, so outbox order is version order.
CREATE FUNCTION publish(b booking, p_what text, p_now timestamptz, p_by jsonb, p_detail jsonb DEFAULT '{}', p_previous jsonb DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO booking_history (booking_id, version, at, what, actor_type, actor_id, trace_id, detail)
  VALUES (b.id, b.version, p_now, p_what, p_by->>'type', p_by->>'id', split_part(p_by->>'traceparent', '-', 2), p_detail);
  INSERT INTO outbox (id, topic, key, type, data, traceparent, occurred_at)
  VALUES (uuidv7(), 'booking', b.id::text, 'booking.' || p_what || '.v1', booking_state(b, p_now, p_previous), p_by->>'traceparent', p_now);
END $$;

-- Takes an idempotency key {principal, method, path, key, bodyHash} for a booking; NULL: taken now, else the booking it
-- already points at. A racer with the same key waits here until the first has committed or failed. Kept 24 h.
CREATE FUNCTION take_key(p_key jsonb, p_booking uuid, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_row idempotency;
BEGIN
  IF p_key IS NULL OR jsonb_typeof(p_key) = 'null' THEN RETURN NULL; END IF;
  LOOP
    INSERT INTO idempotency AS i (principal, method, path, key, booking_id, body_hash, created_at)
    VALUES ((p_key->>'principal')::uuid, p_key->>'method', p_key->>'path', p_key->>'key', p_booking, p_key->>'bodyHash', p_now)
    ON CONFLICT (principal, method, path, key) DO UPDATE
      SET booking_id = excluded.booking_id, body_hash = excluded.body_hash, created_at = excluded.created_at
      WHERE i.created_at <= p_now - interval '24 hours';
    IF FOUND THEN RETURN NULL; END IF;
    SELECT * INTO v_row FROM idempotency i WHERE i.principal = (p_key->>'principal')::uuid
      AND i.method = p_key->>'method' AND i.path = p_key->>'path' AND i.key = p_key->>'key';
    IF FOUND THEN
      IF v_row.body_hash <> p_key->>'bodyHash' THEN PERFORM refuse('idempotency-key-reused'); END IF;
      RETURN v_row.booking_id;
    END IF;
  END LOOP;
END $$;

-- Of each authorized attempt, oldest first, keep as much as the sum asks; keep nothing of any other that is decided.
CREATE FUNCTION keep_of_attempts(p_booking uuid, p_minor bigint, p_credits bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a attempt; v_minor bigint := p_minor; v_credits bigint := p_credits;
BEGIN
  FOR a IN SELECT * FROM attempt WHERE booking_id = p_booking AND status <> 'open' ORDER BY created_at, id LOOP
    IF a.status = 'authorized' THEN
      UPDATE attempt SET keep_minor = least(a.amount_minor, v_minor), keep_credits = least(a.amount_credits, v_credits) WHERE id = a.id;
      v_minor := v_minor - least(a.amount_minor, v_minor);
      v_credits := v_credits - least(a.amount_credits, v_credits);
    ELSIF a.keep_minor IS DISTINCT FROM 0 OR a.keep_credits IS DISTINCT FROM 0 THEN
      UPDATE attempt SET keep_minor = 0, keep_credits = 0 WHERE id = a.id;
    END IF;
  END LOOP;
END $$;

-- Ends what is still open of a booking whose answer no longer matters; a late answer finds it abandoned.
CREATE FUNCTION abandon_attempts(p_booking uuid, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE attempt SET status = 'abandoned', token = NULL, keep_minor = 0, keep_credits = 0, settled_at = p_now
  WHERE booking_id = p_booking AND status = 'open'
$$;
