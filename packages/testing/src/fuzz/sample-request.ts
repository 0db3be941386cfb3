import type { Operation } from '@alcove/contracts'
import fc from 'fast-check'
import { buildArbitrary } from './arbitraries.ts'
import type { Schema } from './schema.ts'

/** The operation's path as its service serves it, with these parameters. */
export function buildUrl(operation: Operation, params: unknown, query: unknown): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(String((params as Record<string, unknown>)[name])))
  const search = new URLSearchParams(
    Object.entries((query ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
    ),
  ).toString()
  return search === '' ? path : `${path}?${search}`
}

/** One request that the operation's schemas allow, about resources that nobody made; the same every time. */
export function sampleRequest(operation: Operation): { url: string; body: unknown } {
  const sample = (schema: unknown): unknown => (schema ? fc.sample(buildArbitrary(schema as Schema, {}), { seed: 1, numRuns: 1 })[0] : undefined)
  return { url: buildUrl(operation, sample(operation.params), sample(operation.query)), body: sample(operation.body) }
}
