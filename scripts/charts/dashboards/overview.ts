import type { Dashboard } from './dashboard.ts'

const requests = 'http_request_duration_seconds_count'
const quantile = (q: number, by: string, filter = '') =>
  `histogram_quantile(${q}, sum by (le${by}) (rate(http_request_duration_seconds_bucket{${filter}}[5m])))`

/** Is Alcove well: rate, errors and duration, and what is left of the error budget. */
export const overview: Dashboard = {
  uid: 'overview',
  title: 'Overview',
  rows: [
    {
      title: 'Objectives (gateway: 99.9 % answered without 5xx, p99 below 1.5 s)',
      panels: [
        {
          title: 'Available, 30 days',
          description: 'Share of requests at the gateway that were not answered with 5xx. The objective is 99.9 %.',
          unit: 'percentunit',
          kind: 'stat',
          queries: [
            { expr: `1 - sum(rate(${requests}{service="gateway",status=~"5.."}[30d])) / sum(rate(${requests}{service="gateway"}[30d]))`, legend: 'available' },
          ],
        },
        {
          title: 'Error budget burn',
          description: 'How many times faster than allowed errors come. At 14 over an hour somebody is called.',
          unit: 'short',
          queries: ['5m', '1h', '6h'].map((window) => ({
            expr: `(sum(rate(${requests}{service="gateway",status=~"5.."}[${window}])) / sum(rate(${requests}{service="gateway"}[${window}]))) / 0.001`,
            legend: window,
          })),
        },
        {
          title: 'Duration at the gateway',
          description: 'What people wait.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => ({ expr: quantile(q, '', 'service="gateway"'), legend: `p${q * 100}` })),
        },
      ],
    },
    {
      title: 'Rate, errors, duration by service',
      panels: [
        {
          title: 'Requests',
          description: 'Answered requests by service.',
          unit: 'reqps',
          queries: [{ expr: `sum by (service) (rate(${requests}[5m]))`, legend: '{{service}}' }],
        },
        {
          title: 'Errors',
          description: 'Share of 5xx by service. 503 of booking names a dependency that is away.',
          unit: 'percentunit',
          queries: [{ expr: `sum by (service) (rate(${requests}{status=~"5.."}[5m])) / sum by (service) (rate(${requests}[5m]))`, legend: '{{service}}' }],
        },
        { title: 'Duration, p99', description: 'By service.', unit: 's', queries: [{ expr: quantile(0.99, ', service'), legend: '{{service}}' }] },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'Errors by route',
          description: 'Which route fails, at the gateway.',
          unit: 'reqps',
          queries: [
            { expr: `sum by (method, route, status) (rate(${requests}{service="gateway",status=~"5.."}[5m]))`, legend: '{{method}} {{route}} {{status}}' },
          ],
        },
        {
          title: 'Memory',
          description: 'Resident memory of each process.',
          unit: 'bytes',
          queries: [{ expr: 'max by (service) (process_resident_memory_bytes)', legend: '{{service}}' }],
        },
        {
          title: 'Event loop',
          description: 'How late a process is with its own work, p99.',
          unit: 's',
          queries: [{ expr: 'max by (service) (nodejs_eventloop_lag_p99_seconds)', legend: '{{service}}' }],
        },
        {
          title: 'Database connections',
          description: 'Requests that wait for a connection mean that the pool is used up.',
          unit: 'short',
          queries: [{ expr: 'sum by (service, state) (alcove_database_pool_connections{state=~"busy|waiting"})', legend: '{{service}} {{state}}' }],
        },
      ],
    },
  ],
}
