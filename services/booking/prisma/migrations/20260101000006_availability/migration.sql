CREATE FUNCTION list_overdue_claims(p_from timestamptz, p_to timestamptz, p_now timestamptz)
RETURNS TABLE (unit_id uuid, overdue boolean, spans text) LANGUAGE sql STABLE AS $$
  SELECT c.unit_id, true, string_agg(date_part('epoch', c.claimed_from)::bigint || ' ' || date_part('epoch', c.claimed_until)::bigint, ' ')
  FROM booking b JOIN claim c ON c.booking_id = b.id AND c.active
  WHERE b.status IN ('held', 'pending_payment') AND b.hold_expires_at <= p_now AND c.claimed_from < p_to AND c.claimed_until > p_from
  GROUP BY c.unit_id
$$;

-- Active claims of a location that reach into [p_from, p_to), as epoch seconds, one row a unit: 'from until from until …'.
-- Each span is one range of claim_day, so the cost follows the claims of the days asked for and not the table.
-- Claims of overdue holds come as 'overdue': the sweep has not reached them yet, and they block nobody.
CREATE FUNCTION list_location_claims(p_location uuid, p_from timestamptz, p_to timestamptz, p_now timestamptz)
RETURNS TABLE (unit_id uuid, overdue boolean, spans text) LANGUAGE sql STABLE AS $$
  SELECT unit_id, false, string_agg(date_part('epoch', claimed_from)::bigint || ' ' || date_part('epoch', claimed_until)::bigint, ' ' ORDER BY claimed_from) FROM (
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 0 AND claimed_from > p_from - interval '4 hours' AND claimed_from < p_to AND claimed_until > p_from
    UNION ALL
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 1 AND claimed_from > p_from - interval '24 hours' AND claimed_from < p_to AND claimed_until > p_from
    UNION ALL
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 2 AND claimed_from < p_to AND claimed_until > p_from
  ) claimed GROUP BY unit_id
  UNION ALL
  SELECT * FROM list_overdue_claims(p_from, p_to, p_now)
$$;

-- The same for a few units: one descent of the constraint's own index for each.
CREATE FUNCTION list_unit_claims(p_units uuid[], p_from timestamptz, p_to timestamptz, p_now timestamptz)
RETURNS TABLE (unit_id uuid, overdue boolean, spans text) LANGUAGE sql STABLE AS $$
  SELECT u.id, false, (SELECT string_agg(date_part('epoch', c.claimed_from)::bigint || ' ' || date_part('epoch', c.claimed_until)::bigint, ' ' ORDER BY c.claimed_from)
    FROM claim c WHERE c.active AND c.unit_id = u.id AND c.during && tstzrange(p_from, p_to))
  FROM unnest(p_units) AS u (id)
  UNION ALL
  SELECT * FROM list_overdue_claims(p_from, p_to, p_now)
$$;
