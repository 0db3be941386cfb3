import { watch, type FSWatcher } from 'node:fs'
import { join, sep } from 'node:path'
import { allServices, root } from '../supervisor/layout.ts'
import type { Target } from '../supervisor/stack.ts'

const SETTLE_MS = 150

/** Restarts what a saved file belongs to: its service, or all of them for shared code. */
export function createWatcher(restart: (target: Target) => Promise<void>, print: (line: string) => void) {
  const changed = new Set<Target>()
  let watchers: FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined

  const note = (targets: readonly Target[]) => {
    for (const target of targets) changed.add(target)
    clearTimeout(timer)
    // An editor writes a file in several steps; a branch switch many files.
    timer = setTimeout(() => void restartChanged(), SETTLE_MS)
  }
  const restartChanged = async () => {
    const targets = [...changed]
    changed.clear()
    print(`changed on disk, restarting ${targets.join(', ')}`)
    for (const result of await Promise.allSettled(targets.map(restart))) {
      if (result.status === 'rejected') print(String(result.reason))
    }
  }
  const isSource = (file: string | null): file is string =>
    file !== null && /\.(ts|sql|yaml)$/.test(file) && !/(\.test\.ts$|node_modules|generated|^test\b)/.test(file)
  const watchTree = (folder: string, toTargets: (file: string) => readonly Target[]) =>
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (isSource(file)) note(toTargets(file))
    })

  return {
    start: () => {
      if (watchers.length > 0) return {}
      watchers = [watchTree('services', (file) => allServices.filter((name) => file.startsWith(name + sep))), watchTree('packages', () => allServices)]
      return {}
    },
    stop: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      watchers = []
      return {}
    },
  }
}
