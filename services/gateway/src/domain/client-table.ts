/** Whoever a request is counted for. */
export interface LimitedClient {
  /** `person <id>` or `source <address>`. */
  key: string
  /** The network that a source belongs to; absent for people, whose tokens nobody can make up. */
  network?: string
}

export interface ClientTableOptions<T> {
  /** Clients with an entry of their own. */
  clientsMax: number
  /** How many of one network have entries of their own; the rest of that network shares one. */
  networkClientsMax: number
  /** Makes it unforeseeable who shares an entry with whom. */
  seed: number
  create(name: string): T
}

/** Entries that newcomers share while the table is full. */
const sharedEntriesMax = 4096

/** One half of the table: entries by name, and how many of them each network has. */
class Generation<T> {
  readonly entries = new Map<string, T>()
  readonly crowds = new Map<string, number>()

  crowdOf(network: string): number {
    return this.crowds.get(network) ?? 0
  }

  put(name: string, entry: T, network: string | undefined): void {
    this.entries.set(name, entry)
    if (network !== undefined) this.crowds.set(network, this.crowdOf(network) + 1)
  }

  take(name: string, network: string | undefined): T | undefined {
    const entry = this.entries.get(name)
    if (entry === undefined) return undefined
    this.entries.delete(name)
    if (network !== undefined) this.crowds.set(network, this.crowdOf(network) - 1)
    return entry
  }
}

/**
 * One entry a client, in bounded memory, and no client can end another's: an entry that is still of use is never given up for a newcomer. Whoever comes with
 * many addresses of one network has one entry for all beyond the first few; while the table is full, newcomers share entries by network.
 */
export class ClientTable<T> {
  readonly #options: ClientTableOptions<T>
  /** Used since the last turn. */
  #recent = new Generation<T>()
  /** Used last in the turn before; what is in neither was not used for a whole turn. */
  #older = new Generation<T>()
  #turnedAtMs = Number.NEGATIVE_INFINITY
  #keptMs = 0

  constructor(options: ClientTableOptions<T>) {
    this.#options = options
  }

  /** The client's entry; `keptMs` without use, and it is as good as a new one. The largest ever given holds for all. */
  get({ key, network }: LimitedClient, { nowMs, keptMs }: { nowMs: number; keptMs: number }): T {
    this.#keptMs = Math.max(this.#keptMs, keptMs)
    this.#turn(nowMs)
    const own = this.#find(key, network)
    if (own !== undefined) return own
    const isCrowded = network !== undefined && this.#recent.crowdOf(network) + this.#older.crowdOf(network) >= this.#options.networkClientsMax
    if (!isCrowded) return this.#add(key, network)
    const name = `network ${network}`
    return this.#find(name, network) ?? this.#add(name, network)
  }

  get size(): number {
    return this.#recent.entries.size + this.#older.entries.size
  }

  #find(name: string, network?: string): T | undefined {
    const recent = this.#recent.entries.get(name)
    if (recent !== undefined) return recent
    const older = this.#older.take(name, network)
    if (older !== undefined) this.#recent.put(name, older, network)
    return older
  }

  #add(name: string, network: string | undefined): T {
    if (this.size < this.#options.clientsMax) return this.#create(name, network)
    const shared = `shared ${this.#options.seed} ${hash(network ?? name, this.#options.seed) % sharedEntriesMax}`
    return this.#find(shared) ?? this.#create(shared, undefined)
  }

  #create(name: string, network: string | undefined): T {
    const entry = this.#options.create(name)
    this.#recent.put(name, entry, network)
    return entry
  }

  #turn(nowMs: number): void {
    const turnedForMs = nowMs - this.#turnedAtMs
    if (turnedForMs < this.#keptMs) return
    this.#older = turnedForMs >= 2 * this.#keptMs ? new Generation() : this.#recent
    this.#recent = new Generation()
    this.#turnedAtMs = nowMs
  }
}

/** FNV-1a from a seed. */
function hash(text: string, seed: number): number {
  let value = 2_166_136_261 ^ seed
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619)
  return value >>> 0
}
