import { send } from './client.ts'

type Switch = 'stop' | 'start' | 'restart'
const DONE: Readonly<Record<Switch, string>> = { stop: 'is stopped', start: 'is running', restart: 'has restarted' }

const toCommand = (name: Switch) => async (target: string | undefined) => {
  if (!target) throw new Error(`which one? make ${name} s=payment`)
  await send(name, { target })
  console.log(`${target} ${DONE[name]}`)
  return 0
}

export const stop = toCommand('stop')
export const start = toCommand('start')
export const restart = toCommand('restart')
