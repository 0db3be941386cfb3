import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The programs of a service by name: its process, and whatever else a Job may run in its image. */
export function listCommands(root: string, service: string): Record<string, string> {
  const own = ['main', 'migrate', 'seed-accounts', 'rebuild'].map((name) => [name, join(root, 'services', service, 'src', `${name}.ts`)])
  const commands = Object.fromEntries(own.filter(([, file]) => existsSync(file!))) as Record<string, string>
  // Loaded before any of them.
  commands['give-way'] = join(root, 'packages/kit/src/start/main.ts')
  if (commands.migrate) {
    commands.provision = join(root, 'packages/database/src/provision.ts')
    for (const name of ['backup', 'restore']) commands[name] = join(root, 'packages/events/src/programs', `${name}.ts`)
  }
  // Every topic is made by one command, and one image has to hold it.
  if (service === 'auth') commands.topics = join(root, 'scripts/topics.ts')
  // What operators call: `kubectl exec deploy/admin -- alcove`.
  if (service === 'admin') commands.alcove = join(root, 'scripts/operator/main.ts')
  // What compose.yaml runs before the services.
  if (service === 'auth') for (const name of ['secrets', 'databases']) commands[name] = join(root, 'scripts/compose', `${name}.ts`)
  // The demo's people are auth's to make; all else goes through the gateway.
  if (service === 'auth') commands['seed-demo'] = join(root, 'scripts/demo/seed-cluster.ts')
  return commands
}

/** Commands that a person calls by name, `alcove`: one file each beside `dist`, on the image's path. A person waits for it, so its start gives way to nobody. */
export function writeLaunchers(commands: Record<string, string>, directory: string): void {
  if (!commands.alcove) return
  mkdirSync(join(directory, 'bin'), { recursive: true })
  const text = '#!/bin/sh\nexport START_GIVES_WAY_MS=0\nexec node "${0%/*}/../dist/alcove.js" "$@"\n'
  writeFileSync(join(directory, 'bin/alcove'), text, { mode: 0o755 })
}
