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
          thresholds: { warn: 0.9995, alarm: 0.999, below: true },
          queries: [{ expr: 'namespace_service:http_available:ratio_30d{service="gateway"}', legend: '{{namespace}}' }],
        },
        {
          title: 'Error budget burn',
          description: 'How many times faster than allowed errors come. At 14 over an hour somebody is called.',
          unit: 'short',
          thresholds: { warn: 6, alarm: 14.4 },
          queries: ['5m', '1h', '6h'].map((window) => ({
            expr: `namespace_service:http_errors:ratio_rate${window}{service="gateway"} / 0.001`,
            legend: `{{namespace}} ${window}`,
          })),
        },
        {
          title: 'Duration at the gateway',
          description: 'What people wait. The objective for p99 is 1.5 s. Dots are traces, where these are recorded.',
          unit: 's',
          thresholds: { warn: 1, alarm: 1.5 },
          exemplars: true,
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
          thresholds: { warn: 0.001, alarm: 0.01 },
          queries: [{ expr: 'namespace_service:http_errors:ratio_rate5m', legend: '{{namespace}} {{service}}' }],
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
          thresholds: { warn: 0.1, alarm: 0.5 },
          queries: [{ expr: 'max by (namespace, service) (nodejs_eventloop_lag_p99_seconds)', legend: '{{service}}' }],
        },
        {
          title: 'Restarts, 30 minutes',
          description: 'Starts of each process. More than four raise RestartsOften.',
          unit: 'short',
          thresholds: { warn: 1, alarm: 5 },
          queries: [{ expr: 'sum by (namespace, service) (changes(process_start_time_seconds[30m]))', legend: '{{service}}' }],
        },
      ],
    },
    {
      title: 'Memory and versions',
      panels: [
        {
          title: 'Heap against its limit',
          description: 'At 1 the process gives up.',
          unit: 'percentunit',
          thresholds: { warn: 0.8, alarm: 0.9 },
          queries: [{ expr: 'max by (namespace, service, pod) (nodejs_heap_size_used_bytes / alcove_heap_limit_bytes)', legend: '{{service}} {{pod}}' }],
        },
        {
          title: 'Memory against its limit',
          description: 'At 1 the container is killed; 0 where it has no limit.',
          unit: 'percentunit',
          thresholds: { warn: 0.8, alarm: 0.9 },
          queries: [{ expr: 'max by (namespace, service, pod) (process_resident_memory_bytes / alcove_memory_limit_bytes)', legend: '{{service}} {{pod}}' }],
        },
        {
          title: 'Builds',
          description: 'Which version runs where, by processes.',
          unit: 'short',
          kind: 'table',
          queries: [{ expr: 'count by (namespace, service, version) (alcove_build_info)', legend: '{{service}} {{version}}' }],
        },
      ],
    },
    {
      title: 'PostgreSQL',
      panels: [
        {
          title: 'Answers',
          description: '1 while the database answers the service. 0 for two minutes raises PostgreSQLDown.',
          unit: 'short',
          queries: [{ expr: 'min by (namespace, service) (alcove_database_up)', legend: '{{service}}' }],
        },
        {
          title: 'Database connections',
          description: 'Requests that wait for a connection mean that the pool is used up.',
          unit: 'short',
          queries: [{ expr: 'sum by (namespace, service, state) (alcove_database_pool_connections{state=~"busy|waiting"})', legend: '{{service}} {{state}}' }],
        },
        {
          title: 'Free on volumes',
          description: 'From the kubelet. Below a tenth somebody is called.',
          unit: 'percentunit',
          thresholds: { warn: 0.2, alarm: 0.1, below: true },
          queries: [
            {
              expr: 'min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)',
              legend: '{{persistentvolumeclaim}}',
            },
          ],
        },
      ],
    },
  ],
}
