import type { Dashboard } from './dashboard.ts'

/** Do people get their desks: claims, refusals and what became of payments under way. */
export const booking: Dashboard = {
  uid: 'booking',
  title: 'Booking',
  rows: [
    {
      title: 'Claims',
      panels: [
        {
          title: 'Claims',
          description: 'Claims a second by kind: bookings, holds, changes.',
          unit: 'short',
          queries: [{ expr: 'sum by (kind) (rate(alcove_booking_claims_total[5m]))', legend: '{{kind}}' }],
        },
        {
          title: 'Refusals',
          description: 'Requests that got no claim, by reason. Conflicts rise when a place is full; rules when a policy changed.',
          unit: 'short',
          queries: [{ expr: 'sum by (reason) (rate(alcove_booking_refusals_total[5m]))', legend: '{{reason}}' }],
        },
        {
          title: 'Payment attempts settled',
          description: 'How attempts ended; reconciled-… are those whose first answer was lost.',
          unit: 'short',
          queries: [{ expr: 'sum by (end) (rate(alcove_booking_attempts_settled_total[5m]))', legend: '{{end}}' }],
        },
      ],
    },
    {
      title: 'Answers',
      panels: [
        {
          title: 'Answers to POST /v1/bookings',
          description: '201 confirmed, 202 pending, 402 refused by the provider, 409 taken, 422 a rule, 503 a dependency is away.',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (status) (rate(http_request_duration_seconds_count{service="booking",method="POST",route="/v1/bookings"}[5m]))',
              legend: '{{status}}',
            },
          ],
        },
        {
          title: 'Duration by route, p95',
          description: 'Where booking spends its time.',
          unit: 's',
          queries: [
            { expr: 'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{service="booking"}[5m])))', legend: '{{route}}' },
          ],
        },
      ],
    },
  ],
}
