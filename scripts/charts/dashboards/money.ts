import type { Dashboard } from './dashboard.ts'

const provider = 'alcove_provider_request_duration_seconds'
const route = (method: string, path: string) =>
  `sum by (status) (rate(http_request_duration_seconds_count{service="payment",method="${method}",route="${path}"}[5m]))`

/** Does money move: the provider, authorizations, refunds, and what waits to be settled. */
export const money: Dashboard = {
  uid: 'money',
  title: 'Money',
  rows: [
    {
      title: 'Provider',
      panels: [
        {
          title: 'Calls',
          description: 'By operation: authorize, capture, void, refund, find.',
          unit: 'reqps',
          queries: [{ expr: `sum by (operation) (rate(${provider}_count[5m]))`, legend: '{{operation}}' }],
        },
        {
          title: 'Outcomes',
          description: 'Share of calls by outcome; `ok` should be nearly all. No usable answer, or our own breaker: nothing is given up: it is asked again.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (outcome) (rate(${provider}_count[5m])) / ignoring(outcome) group_left sum(rate(${provider}_count[5m]))`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          title: 'Duration, p95',
          description: 'By operation.',
          unit: 's',
          queries: [{ expr: `histogram_quantile(0.95, sum by (le, operation) (rate(${provider}_bucket[5m])))`, legend: '{{operation}}' }],
        },
      ],
    },
    {
      title: 'Payments',
      panels: [
        {
          title: 'Events of payment',
          description: 'Authorized, captured, voided, refunded, failed.',
          unit: 'short',
          queries: [{ expr: 'sum by (type) (rate(alcove_events_published_total{topic="payment"}[5m]))', legend: '{{type}}' }],
        },
        {
          title: 'Refunds by operators',
          description: 'Answers to POST /v1/payments/{id}/refunds.',
          unit: 'reqps',
          queries: [{ expr: route('POST', '/v1/payments/:id/refunds'), legend: '{{status}}' }],
        },
        {
          title: 'Settled by asking again',
          description: 'Attempts whose first answer was lost, by how they ended.',
          unit: 'short',
          queries: [{ expr: 'sum by (end) (rate(alcove_booking_attempts_settled_total{end=~"reconciled-.+"}[5m]))', legend: '{{end}}' }],
        },
      ],
    },
  ],
}
