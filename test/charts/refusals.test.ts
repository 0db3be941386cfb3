import { describe, expect, it } from 'vitest'
import { behindProxy, namedImages, onlyRendered, template, valuesArgs } from './helm.ts'

interface Refusal {
  what: string
  args: readonly string[]
  says: string
}

const assign = (assignments: readonly string[]) => assignments.flatMap((assignment) => ['--set', assignment])
const set = (...assignments: string[]) => [...onlyRendered, ...assign(assignments)]
const production = (...assignments: string[]) => [...valuesArgs('values-prod.yaml'), ...assign(assignments)]

const refusals: readonly Refusal[] = [
  { what: 'an unknown key', args: set('bookings.replicas=2'), says: "additional properties 'bookings' not allowed" },
  { what: 'an unknown key of a service', args: set('booking.replica=2'), says: "additional properties 'replica' not allowed" },
  { what: 'an unknown key of what all share', args: set('global.databse.mode=external'), says: "additional properties 'databse' not allowed" },
  { what: 'a variable that the service does not read', args: set('booking.env.HOLD_TTL=5'), says: "additional properties 'HOLD_TTL' not allowed" },
  { what: 'a variable out of its bounds', args: set('booking.env.HOLD_TTL_SECONDS=0'), says: 'got 0, want 1' },
  { what: 'a secret in plain sight', args: set('notification.env.SMTP_URL=smtp://u:p@mail'), says: "additional properties 'SMTP_URL' not allowed" },
  { what: 'replicas together with an autoscaler', args: set('booking.replicas=2', 'booking.autoscaling.enabled=true'), says: 'leave out replicas' },
  { what: 'an autoscaler without room', args: set('booking.autoscaling.enabled=true', 'booking.autoscaling.minReplicas=9'), says: 'minReplicas is above' },
  { what: 'more connections than the server accepts', args: set('booking.replicas=30'), says: 'raise global.database.maxConnections' },
  { what: 'a tag that may change below a release', args: set('global.image.tag=latest'), says: 'set image.tag or global.image.tag to a fixed tag' },
  { what: 'two databases', args: set('global.database.network[0].cidr=192.0.2.1/32'), says: 'two databases were chosen' },
  { what: 'two brokers', args: set('global.kafka.brokers=kafka.example.org:9092'), says: 'two brokers were chosen' },
  { what: 'external brokers without an address', args: set('global.kafka.mode=external'), says: 'needs global.kafka.brokers' },
  { what: 'two ways in', args: set('ingress.enabled=true', 'httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=edge'), says: 'keep one' },
  { what: 'a route without a Gateway', args: set('httpRoute.enabled=true'), says: 'needs httpRoute.parentRefs' },
  { what: 'trust in proxies that nobody named', args: set('gateway.env.TRUSTED_PROXY_HOPS=1'), says: 'name that proxy in global.networkPolicies.edgeFrom' },
  { what: 'a node port of no node', args: set('gateway.nodePort=30080'), says: 'needs serviceType NodePort' },
  {
    what: 'a variable in two places',
    args: set('auth.env.LOG_LEVEL=info', 'auth.secretEnv.LOG_LEVEL.name=x', 'auth.secretEnv.LOG_LEVEL.key=y'),
    says: 'keep one',
  },
  { what: 'production with demo data', args: production('demo.enabled=true'), says: 'set demo.enabled to false' },
  { what: 'production on the built-in database', args: production('global.database.mode=builtin'), says: 'refuses the built-in PostgreSQL' },
  { what: 'production on the built-in broker', args: production('global.kafka.mode=builtin', 'global.kafka.brokers='), says: 'refuses the built-in broker' },
  { what: 'production without secrets', args: production('secrets.existing=false'), says: 'production makes no secrets' },
  { what: 'production with writable containers', args: production('global.liveUpdate=true'), says: 'set global.liveUpdate to false' },
  { what: 'production without https', args: production('global.publicUrl=http://alcove.example.org'), says: 'needs an https address' },
  { what: 'images that nobody named', args: ['--set', 'secrets.existing=true'], says: 'set global.image.registry to the registry' },
  { what: 'a proxy whose word is not believed', args: set('ingress.enabled=true', 'demo.enabled=false'), says: 'set it to the number of proxies' },
  {
    what: 'a route whose proxy is not believed',
    args: set('httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=edge', 'demo.enabled=false'),
    says: 'set it to the number of proxies',
  },
  { what: 'demo accounts behind an Ingress', args: set(behindProxy, 'demo.enabled=true', 'ingress.enabled=true'), says: 'ingress.enabled opens the gateway' },
  {
    what: 'demo accounts behind an HTTPRoute',
    args: set(behindProxy, 'demo.enabled=true', 'httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=edge'),
    says: 'httpRoute.enabled opens the gateway',
  },
  { what: 'demo accounts at a LoadBalancer', args: set('gateway.serviceType=LoadBalancer'), says: 'gateway.serviceType LoadBalancer opens the gateway' },
  { what: 'demo accounts at a node port', args: set('gateway.serviceType=NodePort'), says: 'gateway.serviceType NodePort opens the gateway' },
  { what: 'demo accounts at a node port by default', args: set('gateway.defaults.serviceType=NodePort'), says: 'opens the gateway' },
  {
    what: 'a secret variable that the service does not read',
    args: set('booking.secretEnv.HOLD_TTL.name=x', 'booking.secretEnv.HOLD_TTL.key=y'),
    says: "invalid propertyName 'HOLD_TTL'",
  },
  {
    what: 'a secret variable past the service, in the defaults',
    args: set('booking.defaults.secretEnv.HOLD_TTL.name=x', 'booking.defaults.secretEnv.HOLD_TTL.key=y'),
    says: 'maxProperties',
  },
  { what: 'a variable past the service, in the defaults', args: set('booking.defaults.env.HOLD_TTL=5'), says: 'maxProperties' },
  {
    what: 'a secret in plain sight among further variables',
    args: set('notification.extraEnv[0].name=SMTP_URL', 'notification.extraEnv[0].value=smtp://u:p@mail'),
    says: '/extraEnv/0/name',
  },
  { what: 'other names than those that services look for', args: set('fullnameOverride=spaces'), says: 'to run Alcove twice use two namespaces' },
  { what: 'another name of a service', args: set('booking.nameOverride=reservations'), says: 'booking: nameOverride and fullnameOverride are refused' },
  { what: 'internal routes on every node', args: set('booking.serviceType=NodePort'), says: 'booking: serviceType NodePort would open internal routes' },
  { what: 'internal routes on the internet', args: set('payment.defaults.serviceType=LoadBalancer'), says: 'payment: serviceType LoadBalancer would open' },
  {
    what: 'connections past what is counted',
    args: set('cloudnativepg.spec.postgresql.parameters.max_connections=50'),
    says: 'set global.database.maxConnections instead',
  },
  { what: 'backups to nowhere', args: set('cloudnativepg.scheduledBackup.schedule=0 0 3 * * *'), says: 'set cloudnativepg.plugins or' },
  { what: 'a broker for everybody', args: set('strimzi.spec.kafka.authorization.type=custom'), says: 'leave it out' },
  { what: 'made-up passwords where nothing keeps them', args: namedImages, says: 'the chart is only rendered' },
]

describe('values that cannot be meant fail with the remedy', () => {
  it.each(refusals)('$what', ({ args, says }) => {
    const { refusal } = template('alcove', args)
    expect(refusal).toContain(says)
    // A sentence for people, not a template's innards.
    expect(refusal).not.toMatch(/nil pointer|error calling|wrong type/)
  })

  it('what contradicts itself in several ways is said at once', () => {
    const { refusal } = template('alcove', production('demo.enabled=true', 'secrets.existing=false'))
    expect(refusal).toContain('set demo.enabled to false')
    expect(refusal).toContain('production makes no secrets')
  })
})
