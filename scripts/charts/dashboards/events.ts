import type { Dashboard } from './dashboard.ts'

/** Do events flow: what waits to leave, what waits to be handled, what nobody could handle. */
export const events: Dashboard = {
  uid: 'events',
  title: 'Events and dead letters',
  rows: [
    {
      title: 'Waiting',
      panels: [
        {
          title: 'Outbox age',
          description: 'Age of the oldest event that has not left. Above a minute somebody is called.',
          unit: 's',
          thresholds: { warn: 10, alarm: 60 },
          queries: [{ expr: 'max by (namespace, service) (alcove_outbox_age_seconds)', legend: '{{service}}' }],
        },
        {
          title: 'Consumer lag',
          description: 'Events of its topics that a service has not handled yet.',
          unit: 'short',
          thresholds: { warn: 100, alarm: 500 },
          queries: [{ expr: 'max by (namespace, service) (alcove_consumer_lag)', legend: '{{service}}' }],
        },
        {
          title: 'Dead letters',
          description: 'Events that wait for a decision: alcove dlq list in a pod of admin.',
          unit: 'short',
          thresholds: { warn: 1, alarm: 1 },
          queries: [{ expr: 'max by (namespace, service) (alcove_dead_letters)', legend: '{{service}}' }],
        },
      ],
    },
    {
      title: 'Flowing',
      panels: [
        {
          title: 'Published',
          description: 'Events a second by topic.',
          unit: 'short',
          queries: [{ expr: 'sum by (topic) (rate(alcove_events_published_total[5m]))', legend: '{{topic}}' }],
        },
        {
          title: 'Handled',
          description: 'Events whose effect is committed, by service.',
          unit: 'short',
          queries: [{ expr: 'sum by (namespace, service) (rate(alcove_events_handled_total[5m]))', legend: '{{service}}' }],
        },
        {
          title: 'Mail',
          description: 'Messages that were sent, dropped or given up.',
          unit: 'short',
          queries: [{ expr: 'sum by (outcome) (rate(alcove_messages_finished_total[5m]))', legend: '{{outcome}}' }],
        },
        {
          title: 'Mail owed',
          description: 'Age of the oldest message that is still to be sent.',
          unit: 's',
          queries: [{ expr: 'max(alcove_message_oldest_owed_seconds)', legend: 'oldest' }],
        },
      ],
    },
    {
      title: 'Kafka or the embedded log',
      panels: [
        {
          title: 'Answers',
          description: '1 while what carries events answers the service.',
          unit: 'short',
          queries: [{ expr: 'min by (namespace, service, kind) (alcove_event_transport_up)', legend: '{{service}} {{kind}}' }],
        },
      ],
    },
  ],
}
