-- What each account holds by the ledger alone.
CREATE VIEW account_balance AS
SELECT account, unit, sum(amount)::bigint AS balance
FROM (
  SELECT credit_account AS account, unit, amount FROM ledger_entry
  UNION ALL
  SELECT debit_account, unit, -amount FROM ledger_entry
) moves
GROUP BY account, unit;

-- Where bookings and payments do not agree (yet): what the bookings want kept of an attempt against what is held of it.
-- settling: a worker is still due to move it; what stays with settling = false needs a person.
-- What an operator gave back beyond the booking's decision is no difference.
CREATE VIEW payment_difference AS
WITH wanted AS (
  SELECT t.attempt_id, array_agg(t.booking_id ORDER BY t.booking_id) AS booking_ids,
    CASE WHEN COALESCE(a.released, false) THEN 0 ELSE sum(CASE t.method WHEN 'card' THEN t.keep_minor ELSE t.keep_credits END)::bigint END AS keep,
    COALESCE(a.released, false) OR bool_and(CASE t.method WHEN 'card' THEN t.keep_minor ELSE t.keep_credits END IS NOT NULL) AS decided
  FROM target t LEFT JOIN attempt a ON a.id = t.attempt_id GROUP BY t.attempt_id, a.released
  UNION ALL
  SELECT a.id, ARRAY[a.booking_id], 0, true FROM attempt a WHERE a.released AND NOT EXISTS (SELECT FROM target t WHERE t.attempt_id = a.id)
), held AS (
  SELECT p.*, p.captured_minor + p.captured_credits - p.refunded_minor - p.refunded_credits AS net,
    COALESCE((SELECT sum(r.amount_minor + r.amount_credits) FROM refund r WHERE r.payment_id = p.id AND r.origin = 'operator' AND r.status = 'done'), 0)::bigint AS operator_refunded
  FROM payment p
)
SELECT COALESCE(h.attempt_id, w.attempt_id) AS attempt_id, h.id AS payment_id, COALESCE(w.booking_ids, ARRAY[h.booking_id]) AS booking_ids,
  h.status AS payment_status, w.keep, h.net, h.updated_at,
  COALESCE(a.due_at IS NOT NULL OR a.lease_until IS NOT NULL OR a.status = 'processing', false) AS settling,
  CASE
    WHEN w.attempt_id IS NULL OR NOT w.decided THEN 'undecided'
    WHEN h.id IS NULL THEN 'never-authorized'
    WHEN h.status = 'authorized' THEN 'unsettled'
    WHEN h.net > w.keep THEN 'kept-too-much'
    ELSE 'kept-too-little'
  END AS kind
FROM held h FULL JOIN wanted w ON w.attempt_id = h.attempt_id LEFT JOIN attempt a ON a.id = COALESCE(h.attempt_id, w.attempt_id)
WHERE
  (h.id IS NULL AND w.decided AND w.keep > 0)
  OR (h.status = 'authorized')
  OR (h.net > 0 AND NOT COALESCE(w.decided, false))
  OR (w.decided AND h.status <> 'authorized' AND (h.net > w.keep OR h.net < w.keep AND h.net + h.operator_refunded < w.keep));
