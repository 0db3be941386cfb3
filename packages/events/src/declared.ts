import { getNode, type SubscriptionNode } from '@alcove/graph'
import { Counter, type Registry } from 'prom-client'
import { superseded, type EffectResult, type EventContext, type EventEffect, type EventsEffect, type Handler } from './handlers.ts'
import type { Transport } from './transport.ts'

/** One type or pattern of a topic, as a handler wants it and as `service.yaml` names it. */
type Wanted = Pick<Handler, 'topic' | 'type'>

/**
 * Holds what a service handles to what its `service.yaml` declares: the same types and patterns, no more and no fewer.
 * @throws with every difference at once
 */
export function assertSubscriptions(service: string, handled: readonly Wanted[], mode: SubscriptionNode['mode'] = 'durable'): void {
  const subscriptions = Object.entries(getNode(service).consumes).filter(([, subscription]) => subscription.mode === mode)
  const declared = new Set(subscriptions.flatMap(([topic, { types }]) => types.map((type) => `${type} of ${topic}`)))
  const found = new Set(handled.map(({ topic, type }) => `${type} of ${topic}`))
  const problems = [
    ...[...found].filter((name) => !declared.has(name)).map((name) => `handles ${name}, which its service.yaml does not declare`),
    ...[...declared].filter((name) => !found.has(name)).map((name) => `declares ${name} and has no ${mode} handler for it`),
  ]
  if (problems.length > 0) throw new Error(problems.map((problem) => `${service} ${problem}`).join('; '))
}

/** The transport as one service may use it: it publishes to its own topic alone. What stands in its outbox for another stays there. */
export function restrictTransport(service: string, transport: Transport): Transport {
  const { produces } = getNode(service)
  return {
    ...transport,
    async publish(topic, messages) {
      if (topic !== produces) throw new Error(`${service} may not publish to ${topic}: its service.yaml declares ${produces ?? 'no topic'}`)
      await transport.publish(topic, messages)
    },
  }
}

/** The same handlers, each counting an event once its effect is committed; one that is superseded has none to wait for. */
export function countHandled(handlers: readonly Handler[], metrics: Registry): Handler[] {
  const handled = handledCounter(metrics)
  const count = ({ topic, event }: Pick<EventContext, 'topic' | 'event'>, result: EffectResult): EffectResult => {
    const inc = () => handled.inc({ topic, type: event.type })
    if (result === superseded) {
      inc()
      return superseded
    }
    return () => {
      inc()
      result?.()
    }
  }
  // An effect that several subscriptions share stays one.
  const counted = new Map<EventsEffect, EventsEffect>()
  const countAll = (effectOfAll: EventsEffect): EventsEffect => {
    const known = counted.get(effectOfAll)
    if (known) return known
    const counting: EventsEffect = async (ctx) => {
      const results = await effectOfAll(ctx)
      return ctx.events.map((event, index) => count(event, results[index]))
    }
    counted.set(effectOfAll, counting)
    return counting
  }
  return handlers.map((handler) => {
    const effect = handler.effect as EventEffect
    const effectOfAll = handler.effectOfAll as EventsEffect | undefined
    return {
      ...handler,
      effect: async (ctx: EventContext) => count(ctx, await effect(ctx)),
      ...(effectOfAll && { effectOfAll: countAll(effectOfAll) }),
    }
  })
}

/** Events of which this process has committed the effect, or which it has taken into its memory. */
export function handledCounter(registry: Registry): Counter<'topic' | 'type'> {
  const name = 'alcove_events_handled_total'
  const help = 'Events handled, by topic and type'
  return (
    (registry.getSingleMetric(name) as Counter<'topic' | 'type'> | undefined) ??
    new Counter({ name, help, labelNames: ['topic', 'type'], registers: [registry] })
  )
}

/** Events that the transport has taken. A repeat after a crash counts again. */
export function publishedCounter(registry: Registry): Counter<'topic' | 'type'> {
  return new Counter({
    name: 'alcove_events_published_total',
    help: 'Events published, by topic and type',
    labelNames: ['topic', 'type'],
    registers: [registry],
  })
}
