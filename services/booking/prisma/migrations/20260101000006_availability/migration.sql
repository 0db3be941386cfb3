-- What availability reads of a claim: 16 bytes of the unit's id, then from and until as timestamptz_send writes them. A day
-- of a large location is thousands of claims: packed they cost a third of what rows or digits cost, here and in the service.
CREATE FUNCTION pack_claim(p_unit uuid, p_from timestamptz, p_until timestamptz) RETURNS bytea LANGUAGE sql STABLE RETURN
  uuid_send(p_unit) || timestamptz_send(p_from) || timestamptz_send(p_until);

-- Claims of overdue holds: the sweep has not reached them yet, and they block nobody.
CREATE FUNCTION list_overdue_claims(p_from timestamptz, p_to timestamptz, p_now timestamptz) RETURNS bytea LANGUAGE sql STABLE RETURN (
  SELECT string_agg(pack_claim(c.unit_id, c.claimed_from, c.claimed_until), '')
  FROM booking b JOIN claim c ON c.booking_id = b.id AND c.active
  WHERE b.status IN ('held', 'pending_payment') AND b.hold_expires_at <= p_now AND c.claimed_from < p_to AND c.claimed_until > p_from);

-- Active claims of a location that reach into [p_from, p_to). Each span is one range of claim_day, read in its order, so the
-- cost follows the claims of the days asked for and not the table.
CREATE FUNCTION list_location_claims(p_location uuid, p_from timestamptz, p_to timestamptz, p_now timestamptz)
RETURNS TABLE (claims bytea, overdue bytea) LANGUAGE sql STABLE AS $$
  SELECT string_agg(pack_claim(unit_id, claimed_from, claimed_until), ''), list_overdue_claims(p_from, p_to, p_now) FROM (
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 0 AND claimed_from > p_from - interval '4 hours' AND claimed_from < p_to AND claimed_until > p_from
    UNION ALL
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 1 AND claimed_from > p_from - interval '24 hours' AND claimed_from < p_to AND claimed_until > p_from
    UNION ALL
    SELECT unit_id, claimed_from, claimed_until FROM claim
      WHERE active AND location_id = p_location AND span = 2 AND claimed_from < p_to AND claimed_until > p_from
  ) claimed
$$;

-- The same for a few units: one descent of the constraint's own index for each.
CREATE FUNCTION list_unit_claims(p_units uuid[], p_from timestamptz, p_to timestamptz, p_now timestamptz)
RETURNS TABLE (claims bytea, overdue bytea) LANGUAGE sql STABLE AS $$
  SELECT string_agg(pack_claim(c.unit_id, c.claimed_from, c.claimed_until), ''), list_overdue_claims(p_from, p_to, p_now)
  FROM unnest(p_units) AS u (id), LATERAL (
    SELECT unit_id, claimed_from, claimed_until FROM claim WHERE active AND unit_id = u.id AND during && tstzrange(p_from, p_to)
    ORDER BY claimed_from) AS c
$$;
