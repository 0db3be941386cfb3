/** The one clock that all processes of the local profile share. */
export interface DevClock {
  /** From real time, in milliseconds. */
  offsetMs(): number
  /** Settles when every process has surely seen it; changes follow one another. */
  change(next: (offsetMs: number) => number): Promise<number>
}
