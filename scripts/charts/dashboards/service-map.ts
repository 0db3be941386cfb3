import type { Dashboard } from './dashboard.ts'

/** Who calls whom and how it goes: the declared graph with the live state of every breaker. */
export const serviceMap: Dashboard = {
  uid: 'service-map',
  title: 'Service map',
  rows: [
    {
      title: 'Breakers',
      panels: [
        {
          title: 'Open or half open now',
          description: 'Empty is good. Every line is an edge of the graph whose callee is not asked at the moment.',
          unit: 'short',
          kind: 'table',
          queries: [
            {
              expr: 'max by (caller, callee, state) (alcove_circuit_breaker_state{state=~"open|half-open"}) == 1',
              legend: '{{caller}} → {{callee}} {{state}}',
            },
          ],
        },
        {
          title: 'Breaker state over time',
          description: '1 while open.',
          unit: 'short',
          queries: [{ expr: 'max by (caller, callee) (alcove_circuit_breaker_state{state="open"})', legend: '{{caller}} → {{callee}}' }],
        },
        {
          title: 'Ejected at the gateway',
          description: 'Services that the registry refuses at once.',
          unit: 'short',
          queries: [{ expr: 'max by (callee) (alcove_gateway_service_ejected)', legend: '{{callee}}' }],
        },
      ],
    },
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls by edge',
          description: 'Calls a second.',
          unit: 'reqps',
          queries: [{ expr: 'sum by (service, callee) (rate(alcove_client_request_duration_seconds_count[5m]))', legend: '{{service}} → {{callee}}' }],
        },
        {
          title: 'Failures by edge',
          description: 'Calls without a usable answer, by what came instead.',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (service, callee, outcome) (rate(alcove_client_request_duration_seconds_count{outcome!~"2xx|3xx|4xx"}[5m]))',
              legend: '{{service}} → {{callee}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Duration by edge, p95',
          description: 'What a caller waits for a callee.',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le, service, callee) (rate(alcove_client_request_duration_seconds_bucket[5m])))',
              legend: '{{service}} → {{callee}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Protection',
      panels: [
        {
          title: 'Refused before sending',
          description: 'By breaker, by a full bulkhead, or because the graph does not declare the call.',
          unit: 'reqps',
          queries: [{ expr: 'sum by (service, callee, by) (rate(alcove_client_refusals_total[5m]))', legend: '{{service}} → {{callee}} {{by}}' }],
        },
        {
          title: 'Retries',
          description: 'Made, and not made because the budget was spent.',
          unit: 'reqps',
          queries: [{ expr: 'sum by (service, callee, outcome) (rate(alcove_client_retries_total[5m]))', legend: '{{service}} → {{callee}} {{outcome}}' }],
        },
        {
          title: 'In flight',
          description: 'Places of the bulkhead that are taken.',
          unit: 'short',
          queries: [{ expr: 'sum by (service, callee) (alcove_client_requests_in_flight)', legend: '{{service}} → {{callee}}' }],
        },
        {
          title: 'Stale answers',
          description: 'Reads that the gateway answered from before, because the service was away.',
          unit: 'reqps',
          queries: [{ expr: 'sum by (callee) (rate(alcove_gateway_stale_answers_total[5m]))', legend: '{{callee}}' }],
        },
      ],
    },
  ],
}
