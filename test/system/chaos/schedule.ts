/** What is done to whom: killed and started again, stopped for a while and let go on. */
export interface Injury {
  atMs: number
  target: string
  how: 'kill' | 'pause' | 'restart'
  /** Of a pause. */
  forMs: number
}

export interface ScheduleOptions {
  random: () => number
  durationMs: number
  /** Every one is done once before any is done again. */
  repertoire: readonly Pick<Injury, 'target' | 'how'>[]
}

/** Bookings made before the first injury: there must be something to lose. */
const calmShare = 0.05
const calmMsMax = 4000
/** Injuries overlap now and then, and still leave time in which something is accepted. */
const gapMsMin = 3000
const gapMsMax = 9000
const pauseMsMin = 1000
const pauseMsMax = 8000

const between = (random: () => number, min: number, max: number) => Math.round(min + random() * (max - min))

/** Shuffled by the same numbers each time. */
function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items]
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!)
}

/** The injuries of a run, in order. One seed gives one schedule; a shorter run packs the whole repertoire closer. */
export function planInjuries({ random, durationMs, repertoire }: ScheduleOptions): Injury[] {
  const squeeze = Math.min(1, durationMs / (repertoire.length * gapMsMax))
  const injuries: Injury[] = []
  let waiting: Pick<Injury, 'target' | 'how'>[] = []
  let atMs = Math.min(calmMsMax, durationMs * calmShare)
  while (atMs < durationMs) {
    if (waiting.length === 0) waiting = shuffle(repertoire, random)
    const { target, how } = waiting.shift()!
    injuries.push({ atMs: Math.round(atMs), target, how, forMs: how === 'pause' ? Math.round(between(random, pauseMsMin, pauseMsMax) * squeeze) : 0 })
    atMs += between(random, gapMsMin, gapMsMax) * squeeze
  }
  return injuries
}
