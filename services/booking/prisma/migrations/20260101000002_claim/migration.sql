-- Lock order in every function: idempotency key, shared lock of the space, own booking row, overdue bookings by id, counters
-- by key, claims by unit. The sweeps skip locked rows and so wait for nobody.

-- Limits move only here. Rows are locked in key order by whoever needs several.
CREATE FUNCTION release_hold_counters(p_keys text[], p_also_lock text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(p_keys) = 0 THEN RETURN; END IF;
  PERFORM 1 FROM counter WHERE key = ANY (p_keys || p_also_lock) ORDER BY key FOR UPDATE;
  UPDATE counter c SET used = greatest(0, c.used - n.times)
  FROM (SELECT key, count(*)::integer AS times FROM unnest(p_keys) AS k (key) GROUP BY key) n WHERE c.key = n.key;
END $$;

-- Expires those of the given bookings that are overdue at p_now; the others it leaves alone. Answers how many.
-- p_counter: a counter the caller will take afterwards, locked here with the others so that the key order holds.
CREATE FUNCTION expire_bookings(p_ids uuid[], p_now timestamptz, p_by jsonb, p_skip_locked boolean, p_counter text DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE b booking; v_ids uuid[]; v_keys text[] := '{}'; v_count integer := 0;
BEGIN
  IF p_skip_locked THEN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO v_ids FROM (SELECT id FROM booking
      WHERE id = ANY (p_ids) AND status IN ('held', 'pending_payment') AND hold_expires_at <= p_now ORDER BY id FOR UPDATE SKIP LOCKED) due;
  ELSE
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO v_ids FROM (SELECT id FROM booking
      WHERE id = ANY (p_ids) AND status IN ('held', 'pending_payment') AND hold_expires_at <= p_now ORDER BY id FOR UPDATE) due;
  END IF;
  FOR b IN SELECT * FROM booking WHERE id = ANY (v_ids) ORDER BY id LOOP
    IF b.status = 'held' THEN v_keys := v_keys || ('holds:' || b.user_id); END IF;
    PERFORM abandon_attempts(b.id, p_now);
    UPDATE claim SET active = false WHERE booking_id = b.id AND active;
    UPDATE booking SET status = 'expired', reason_code = 'expired', version = CASE WHEN version = 0 THEN 0 ELSE version + 1 END,
      payment_status = CASE WHEN payment_status = 'pending' THEN 'none' ELSE payment_status END, updated_at = p_now
      WHERE id = b.id RETURNING * INTO b;
    IF b.version = 0 THEN PERFORM note(b, 'expired', p_now, p_by); ELSE PERFORM publish(b, 'expired', p_now, p_by); END IF;
    v_count := v_count + 1;
  END LOOP;
  PERFORM release_hold_counters(v_keys, p_counter);
  RETURN v_count;
END $$;

-- Ends a booking's pending change: row and new claim go, the version stays. Caller holds the booking's row lock.
-- p_owed: payment must be told to keep nothing, since no event will say so (the version is unchanged).
CREATE FUNCTION drop_change(p_booking uuid, p_now timestamptz, p_owed boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE c pending_change;
BEGIN
  DELETE FROM pending_change WHERE booking_id = p_booking RETURNING * INTO c;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE claim SET active = false WHERE booking_id = p_booking AND change_id = c.id AND active;
  UPDATE attempt SET status = 'abandoned', token = NULL, keep_minor = 0, keep_credits = 0, settled_at = p_now, release_owed = p_owed
    WHERE id = c.attempt_id AND status = 'open';
  RETURN true;
END $$;

-- Ends overdue changes of the given bookings.
CREATE FUNCTION expire_changes(p_bookings uuid[], p_now timestamptz, p_by jsonb, p_skip_locked boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE b booking; v_id uuid; v_count integer := 0;
BEGIN
  FOR v_id IN SELECT id FROM unnest(p_bookings) AS t (id) ORDER BY id LOOP
    IF p_skip_locked THEN SELECT * INTO b FROM booking WHERE id = v_id FOR UPDATE SKIP LOCKED;
    ELSE SELECT * INTO b FROM booking WHERE id = v_id FOR UPDATE; END IF;
    CONTINUE WHEN NOT FOUND;
    CONTINUE WHEN NOT EXISTS (SELECT FROM pending_change WHERE booking_id = v_id AND expires_at <= p_now);
    PERFORM drop_change(v_id, p_now, true);
    PERFORM note(b, 'change-expired', p_now, p_by);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- An overdue hold never blocks a claim, however late the sweep runs: whatever is overdue on these units goes first.
-- p_user: also that person's overdue holds anywhere, which would count against the limit.
CREATE FUNCTION expire_overdue_on(p_units uuid[], p_during tstzrange, p_user uuid, p_now timestamptz, p_by jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_ids uuid[];
BEGIN
  -- Nearly always there is nothing overdue at all: then each costs one look into a small partial index.
  IF EXISTS (SELECT FROM booking WHERE status IN ('held', 'pending_payment') AND hold_expires_at <= p_now) THEN
    v_ids := ARRAY(SELECT c.booking_id FROM claim c JOIN booking b ON b.id = c.booking_id
        WHERE c.active AND c.unit_id = ANY (p_units) AND c.during && p_during AND b.status IN ('held', 'pending_payment') AND b.hold_expires_at <= p_now
      UNION SELECT b.id FROM booking b WHERE b.user_id = p_user AND b.status = 'held' AND b.hold_expires_at <= p_now);
    PERFORM expire_bookings(v_ids, p_now, p_by, false, 'holds:' || p_user);
  END IF;
  IF EXISTS (SELECT FROM pending_change WHERE expires_at <= p_now) THEN
    v_ids := ARRAY(SELECT DISTINCT c.booking_id FROM claim c JOIN pending_change p ON p.booking_id = c.booking_id AND p.id = c.change_id
      WHERE c.active AND c.unit_id = ANY (p_units) AND c.during && p_during AND p.expires_at <= p_now);
    PERFORM expire_changes(v_ids, p_now, p_by, false);
  END IF;
END $$;

-- What a claim would meet, without buffers and without names.
CREATE FUNCTION list_conflicts(p_units uuid[], p_during tstzrange, p_booking uuid, p_now timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('startsAt', to_instant(starts_at), 'endsAt', to_instant(ends_at)) ORDER BY starts_at, ends_at), '[]')
  FROM (SELECT DISTINCT c.starts_at, c.ends_at FROM claim c
    WHERE c.active AND c.unit_id = ANY (p_units) AND c.during && p_during AND c.booking_id IS DISTINCT FROM p_booking
      AND NOT EXISTS (SELECT FROM booking b WHERE b.id = c.booking_id AND b.status IN ('held', 'pending_payment') AND b.hold_expires_at <= p_now)
    ORDER BY 1, 2 LIMIT 50) met
$$;

-- Free units, best fit first: the one whose neighbours (within a day) leave the smallest gap.
CREATE FUNCTION list_free_units(p_units uuid[], p_during tstzrange, p_booking uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(unit_id ORDER BY gap, place), '{}') FROM (
    SELECT u.unit_id, u.place,
      least(interval '1 day', lower(p_during) - (SELECT max(upper(c.during)) FROM claim c WHERE c.active AND c.unit_id = u.unit_id
        AND c.during && tstzrange(lower(p_during) - interval '1 day', lower(p_during), '[]') AND upper(c.during) <= lower(p_during) AND c.booking_id <> p_booking))
      + least(interval '1 day', (SELECT min(lower(c.during)) FROM claim c WHERE c.active AND c.unit_id = u.unit_id
        AND c.during && tstzrange(upper(p_during), upper(p_during) + interval '1 day', '[]') AND lower(c.during) >= upper(p_during) AND c.booking_id <> p_booking)
        - upper(p_during)) AS gap
    FROM unnest(p_units) WITH ORDINALITY AS u (unit_id, place)
    WHERE NOT EXISTS (SELECT FROM claim c WHERE c.active AND c.unit_id = u.unit_id AND c.during && p_during AND c.booking_id <> p_booking)) free
$$;

-- Claims one of the units; NULL: none is free. ON CONFLICT DO NOTHING waits for a racer's commit and then goes on: racers on
-- a bare INSERT under this constraint deadlock. A pass that lost every free unit to racers looks again, for one may have
-- been freed meanwhile; it ends when a fresh look finds none.
CREATE FUNCTION claim_unit(p_units uuid[], p_during tstzrange, p_starts timestamptz, p_ends timestamptz, p_location uuid, p_booking uuid, p_change uuid)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_unit uuid; v_free uuid[] := p_units; v_single boolean := cardinality(p_units) = 1;
BEGIN
  LOOP
    IF NOT v_single THEN v_free := list_free_units(p_units, p_during, p_booking); END IF;
    FOREACH v_unit IN ARRAY v_free LOOP
      INSERT INTO claim (unit_id, during, location_id, booking_id, starts_at, ends_at, change_id)
        VALUES (v_unit, p_during, p_location, p_booking, p_starts, p_ends, p_change) ON CONFLICT DO NOTHING;
      IF FOUND THEN RETURN v_unit; END IF;
    END LOOP;
    IF v_single OR cardinality(v_free) = 0 THEN RETURN NULL; END IF;
  END LOOP;
END $$;

-- What booking knows from events and workspace's calls. The transaction id is taken before anything is read, so that the
-- two-phase sweeps of deactivations and closures can wait for every claim that may have missed their row; the shared lock
-- makes retiring units wait for claims under way.
CREATE FUNCTION assert_bookable(p_user uuid, p_space uuid, p_location uuid, p_starts timestamptz, p_ends timestamptz, p_revision integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_current_xact_id(), pg_advisory_xact_lock_shared(hashtextextended('space:' || p_space, 0));
  IF EXISTS (SELECT FROM deactivated_user WHERE user_id = p_user) THEN PERFORM refuse('deactivated'); END IF;
  IF EXISTS (SELECT FROM closure WHERE location_id = p_location AND NOT deleted AND (space_ids = '{}' OR p_space = ANY (space_ids))
    AND starts_at < p_ends AND ends_at > p_starts) THEN PERFORM refuse('closed'); END IF;
  IF EXISTS (SELECT FROM space_revision WHERE space_id = p_space AND lowest > p_revision) THEN PERFORM refuse('quote-stale'); END IF;
END $$;

CREATE FUNCTION buffered(p_starts timestamptz, p_ends timestamptz, p_before integer, p_after integer) RETURNS tstzrange LANGUAGE sql IMMUTABLE RETURN
  tstzrange(p_starts - make_interval(mins => p_before), p_ends + make_interval(mins => p_after), '[)');

CREATE FUNCTION open_attempt(p jsonb, p_booking uuid, p_purpose text, p_change uuid, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO attempt (id, booking_id, purpose, change_id, status, method, token, currency, amount_minor, amount_credits, created_at)
  VALUES ((p->>'id')::uuid, p_booking, p_purpose, p_change, 'open', p->>'method', p->>'token', p->>'currency',
    (p->>'amountMinor')::bigint, (p->>'amountCredits')::bigint, p_now)
$$;

-- The claim call: everything that makes a hold or a booking durable, or nothing.
-- p: {booking: columns of booking, units: [id], unitNames: {id: name}, revision, references: [text], holdLimit?, holdId?, key?, attempt?}.
-- booking.status is the one asked for: held, pending_payment, or confirmed when nothing is to be paid.
-- Answers {outcome: 'claimed', booking} or {outcome: 'repeat', bookingId}; refusals by refuse().
CREATE FUNCTION claim_booking(p jsonb, p_now timestamptz, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  b booking := jsonb_populate_record(NULL::booking, p->'booking');
  h booking;
  v_units uuid[] := ARRAY(SELECT jsonb_array_elements_text(p->'units')::uuid);
  v_during tstzrange := buffered(b.starts_at, b.ends_at, b.buffer_before_minutes, b.buffer_after_minutes);
  v_counter text := 'holds:' || b.user_id;
  v_asked text := b.status;
  v_key_booking uuid;
BEGIN
  v_key_booking := take_key(p->'key', coalesce((p->>'holdId')::uuid, b.id), p_now);
  IF v_key_booking IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'repeat', 'bookingId', v_key_booking); END IF;
  PERFORM assert_bookable(b.user_id, b.space_id, b.location_id, b.starts_at, b.ends_at, (p->>'revision')::integer);
  IF p->>'holdId' IS NOT NULL THEN
    h := lock_hold((p->>'holdId')::uuid, b, p_now, (p->>'unitAsked')::boolean);
    b := turn_hold(h, b, p_now);
    PERFORM release_hold_counters(ARRAY[v_counter]);
  ELSE
    -- Made before any lock is taken, so that locking in key order finds it.
    IF v_asked = 'held' THEN INSERT INTO counter (key, used) VALUES (v_counter, 0) ON CONFLICT DO NOTHING; END IF;
    PERFORM expire_overdue_on(v_units, v_during, CASE WHEN v_asked = 'held' THEN b.user_id END, p_now, p_by);
    IF v_asked = 'held' THEN
      UPDATE counter SET used = used + 1 WHERE key = v_counter AND used < (p->>'holdLimit')::integer;
      IF NOT FOUND THEN PERFORM refuse('hold-limit'); END IF;
    END IF;
    b.unit_id := claim_unit(v_units, v_during, b.starts_at, b.ends_at, b.location_id, b.id, NULL);
    IF b.unit_id IS NULL THEN PERFORM refuse('slot-conflict', list_conflicts(v_units, v_during, b.id, p_now)); END IF;
    b := insert_booking(b, p);
  END IF;
  IF v_asked = 'held' THEN
    PERFORM note(b, 'held', p_now, p_by);
    RETURN jsonb_build_object('outcome', 'claimed', 'booking', booking_view_plain(b));
  END IF;
  IF jsonb_typeof(p->'attempt') = 'object' THEN PERFORM open_attempt(p->'attempt', b.id, 'create', NULL, p_now); END IF;
  IF v_asked = 'confirmed' THEN
    -- Nothing is due: created and confirmed in one call, each with a version of its own.
    b.status := 'pending_payment';
    PERFORM publish(b, 'created', p_now, p_by);
    UPDATE booking SET status = 'confirmed', version = b.version + 1 WHERE id = b.id RETURNING * INTO b;
    PERFORM publish(b, 'confirmed', p_now, p_by);
  ELSE
    PERFORM publish(b, 'created', p_now, p_by);
  END IF;
  RETURN jsonb_build_object('outcome', 'claimed', 'booking', booking_view_plain(b));
END $$;

-- The first reference that nobody has; each candidate is random, so that four taken ones in a row never happen.
CREATE FUNCTION insert_booking(b booking, p jsonb) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE v_reference text;
BEGIN
  b.unit_name := p->'unitNames'->>(b.unit_id::text);
  FOR v_reference IN SELECT jsonb_array_elements_text(p->'references') LOOP
    b.reference := v_reference;
    INSERT INTO booking SELECT b.* ON CONFLICT (reference) DO NOTHING;
    IF FOUND THEN RETURN b; END IF;
  END LOOP;
  RAISE EXCEPTION 'every reference offered is taken';
END $$;

-- The caller's live hold of the same space and interval, locked.
CREATE FUNCTION lock_hold(p_hold uuid, b booking, p_now timestamptz, p_unit_asked boolean) RETURNS booking LANGUAGE plpgsql AS $$
DECLARE h booking;
BEGIN
  SELECT * INTO h FROM booking WHERE id = p_hold AND user_id = b.user_id AND NOT (status = 'cancelled' AND withdrawn) FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('hold-not-found'); END IF;
  IF h.status = 'expired' OR (h.status = 'held' AND h.hold_expires_at <= p_now) THEN PERFORM refuse('hold-expired'); END IF;
  IF h.status <> 'held' THEN PERFORM refuse('hold-used'); END IF;
  IF (h.space_id, h.starts_at, h.ends_at) IS DISTINCT FROM (b.space_id, b.starts_at, b.ends_at) OR (p_unit_asked AND h.unit_id <> b.unit_id)
    THEN PERFORM refuse('interval-invalid'); END IF;
  RETURN h;
END $$;

-- A hold keeps its id, reference, unit and claim, and takes price, policy and words from the request.
CREATE FUNCTION turn_hold(h booking, b booking, p_now timestamptz) RETURNS booking LANGUAGE plpgsql AS $$
BEGIN
  UPDATE booking SET status = b.status, version = h.version + 1, team_id = b.team_id, title = b.title, attendees = b.attendees,
    space_name = b.space_name, location_name = b.location_name, currency = b.currency, net_minor = b.net_minor, tax_minor = b.tax_minor,
    total_minor = b.total_minor, total_credits = b.total_credits, lines = b.lines, policy = b.policy, payment_method = b.payment_method,
    payment_status = b.payment_status, attempt_id = b.attempt_id, hold_expires_at = b.hold_expires_at, held_until = h.hold_expires_at,
    updated_at = p_now
  WHERE id = h.id RETURNING * INTO b;
  RETURN b;
END $$;
