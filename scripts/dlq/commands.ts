import type { DeadLetter, DeadLetterDetail, ReplayResult } from '@alcove/contracts'
import type { Command } from './arguments.ts'
import { Refused, type AdminApi } from './client.ts'
import { formatLetter, formatLetters, formatResults } from './format.ts'

const pageMax = 200
const listDefault = 50
const replayDefault = 100

/** Runs a command, prints what came of it and answers the exit code. */
export async function runCommand(command: Command, api: AdminApi): Promise<number> {
  switch (command.name) {
    case 'list':
      return list(command, api)
    case 'show':
      return show(command, api)
    case 'replay':
      return command.ids.length > 0 ? replayNamed(command, api) : replayFiltered(command, api)
    case 'discard':
      return discard(command, api)
    case 'help':
      return 0
  }
}

function print(command: Command, value: unknown, text: string): void {
  console.log(command.json ? JSON.stringify(value, null, 2) : text)
}

function toQuery(members: Record<string, string | number | undefined | null>): string {
  const given = Object.entries(members).flatMap(([name, value]): [string, string][] => (value === undefined || value === null ? [] : [[name, String(value)]]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

async function list(command: Command, api: AdminApi): Promise<number> {
  const { service, type, limit = listDefault } = command
  const items: DeadLetter[] = []
  const missing = new Set<string>()
  let cursor: string | null = null
  do {
    const query = toQuery({ service, type, cursor, limit: Math.min(limit - items.length, pageMax) })
    const page: { items: DeadLetter[]; nextCursor: string | null; missing: string[] } = await api.call('GET', query)
    items.push(...page.items)
    for (const name of page.missing) missing.add(name)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < limit)
  print(command, { items, hasMore: cursor !== null, missing: [...missing] }, formatLetters(items, { hasMore: cursor !== null }))
  for (const name of missing) console.error(`${name} does not answer: its dead letters are not in the list`)
  return missing.size > 0 ? 1 : 0
}

async function show(command: Command, api: AdminApi): Promise<number> {
  const letter = await api.call<DeadLetterDetail>('GET', `/${encodeURIComponent(command.ids[0]!)}`)
  print(command, letter, formatLetter(letter))
  return 0
}

/** One by one; what is refused is told and the others go on. */
async function replayNamed(command: Command, api: AdminApi): Promise<number> {
  const items: (Omit<ReplayResult, 'service'> & { service: string })[] = []
  for (const id of command.ids) {
    if (items.length > 0 && command.ratePerSecond) await sleep(1000 / command.ratePerSecond)
    const { transform, dryRun } = command
    const result = await api.call<ReplayResult>('POST', `/${encodeURIComponent(id)}/replay`, { transform, dryRun }).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error
      return { id, service: '-', outcome: 'failed' as const, error: error.message }
    })
    items.push(result)
  }
  print(command, { dryRun: command.dryRun, items }, formatResults(items, command.dryRun))
  return items.every(({ outcome }) => outcome === 'applied' || outcome === 'superseded') ? 0 : 1
}

interface Report {
  items: ReplayResult[]
  nextCursor: string | null
  refused: { service: string; detail: string }[]
}

/** The API works for some seconds a call: called again from where it stopped until the limit is reached or nothing is left. */
async function replayFiltered(command: Command, api: AdminApi): Promise<number> {
  const { service, type, transform, dryRun, ratePerSecond, limit = replayDefault } = command
  const items: ReplayResult[] = []
  const refused: Report['refused'] = []
  let cursor: string | null = null
  do {
    const body = { transform, dryRun, ratePerSecond, limit: Math.min(limit - items.length, 1000) }
    const report: Report = await api.call('POST', `/replay${toQuery({ service, type, cursor })}`, body)
    items.push(...report.items)
    refused.push(...report.refused)
    cursor = report.nextCursor
  } while (cursor !== null && items.length < limit)
  print(command, { dryRun, items, refused, hasMore: cursor !== null }, formatResults(items, dryRun))
  for (const { service: name, detail } of refused) console.error(`${name}: ${detail}`)
  return refused.length === 0 && items.every(({ outcome }) => outcome === 'applied' || outcome === 'superseded') ? 0 : 1
}

async function discard(command: Command, api: AdminApi): Promise<number> {
  for (const id of command.ids) await api.call('DELETE', `/${encodeURIComponent(id)}`)
  print(command, { discarded: command.ids }, command.ids.map((id) => `discarded ${id}`).join('\n'))
  return 0
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
