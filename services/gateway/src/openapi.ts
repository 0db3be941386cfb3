import { buildOpenApi, operations, type OpenApiDocument, type Operation } from '@alcove/contracts'
import { listRoutedOperations } from './routing.ts'

/** The public API as one OpenAPI 3.1 document: what the routing lets through and what the gateway serves itself. */
export function buildOpenapi(version: string, isServed: (operation: Operation) => boolean = () => true): OpenApiDocument {
  const routed = new Map(listRoutedOperations().map(({ operation, publicPath }) => [operation, publicPath]))
  const pathOf = (operation: Operation) => routed.get(operation) ?? operation.path
  const listed = operations.filter((operation) => routed.has(operation) || (operation.service === 'gateway' && isServed(operation)))
  // By service as the contracts order them, then by path: what belongs together stands together.
  const order = new Map(operations.map(({ service }, index) => [service, index]))
  listed.sort((left, right) => order.get(left.service)! - order.get(right.service)! || pathOf(left).localeCompare(pathOf(right)))
  return buildOpenApi(listed, { version, pathOf })
}
