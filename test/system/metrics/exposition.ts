/** One line of what a process exposes. */
export interface Sample {
  /** With the suffix of a histogram's series: `_bucket`, `_sum`, `_count`. */
  name: string
  labels: Record<string, string>
  value: number
}

/** A metric as a process exposes it. */
export interface Family {
  name: string
  type: string
  help: string
  samples: Sample[]
}

/** Reads Prometheus' text format as prom-client writes it. */
export function parseExposition(text: string): Family[] {
  const families: Family[] = []
  for (const line of text.split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') families.push({ name: name!, type: '', help: rest!, samples: [] })
    else if (kind === 'TYPE') families.at(-1)!.type = rest!
    else if (line !== '') families.at(-1)!.samples.push(parseSample(line))
  }
  return families
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label!, text!])
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: value === '+Inf' ? Infinity : Number(value) }
}

/** The sum of all samples of that name with these labels; 0 when there is none. */
export function sumOf(families: readonly Family[], name: string, labels: Record<string, string> = {}): number {
  const samples = families.flatMap((family) => family.samples).filter((sample) => sample.name === name)
  const wanted = samples.filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
  return wanted.reduce((sum, { value }) => sum + value, 0)
}
