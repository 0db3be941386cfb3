-- Two statements instead of one with a CASE: only a plain condition on due_at lets the index of due attempts serve, and without it every look for
-- work read all attempts there ever were. Otherwise as before.
CREATE OR REPLACE FUNCTION claim_attempts(p_owner uuid, p_real_now timestamptz, p_lease_until timestamptz, p_limit integer, p_attempt_id uuid DEFAULT NULL)
RETURNS SETOF jsonb LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_ids uuid[];
  r record;
BEGIN
  IF p_attempt_id IS NULL THEN
    v_ids := ARRAY(SELECT id FROM attempt WHERE due_at <= p_real_now AND (lease_until IS NULL OR lease_until <= p_real_now)
      ORDER BY due_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  ELSE
    v_ids := ARRAY(SELECT id FROM attempt WHERE id = p_attempt_id AND status <> 'refused' AND (lease_until IS NULL OR lease_until <= p_real_now)
      FOR UPDATE SKIP LOCKED);
  END IF;
  FOR r IN
    UPDATE attempt a SET lease_owner = p_owner, lease_until = p_lease_until, unfinished = true, due_at = COALESCE(a.due_at, p_real_now)
    WHERE a.id = ANY(v_ids) RETURNING a.id, old.unfinished AS unfinished_before
  LOOP
    RETURN NEXT attempt_work(r.id) || jsonb_build_object('unfinishedBefore', r.unfinished_before);
  END LOOP;
END $$;
