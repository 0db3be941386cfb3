import { giveWay } from './give-way.ts'

// Loaded before a program of an image (`--import`), and without any package: what it waits for costs more than it does. Only the
// container's own process waits, not what a person starts beside it.
const limitMs = Number(process.env.START_GIVES_WAY_MS ?? 0)
if (process.pid === 1 && limitMs > 0) {
  // The first process of a container has no default for signals: without this, who is told to leave meanwhile would be waited for.
  const leave = () => process.exit(0)
  process.once('SIGTERM', leave)
  const waitedMs = Math.round(await giveWay({ limitMs }))
  process.off('SIGTERM', leave)
  if (waitedMs >= 1000) console.log(JSON.stringify({ level: 'info', time: new Date().toISOString(), msg: 'gave way to what runs on this node', waitedMs }))
}
