import type { CatalogueLocation } from '../domain/catalogue.ts'

interface Sources {
  readLocation(id: string): Promise<CatalogueLocation | undefined>
  readLocationIdOf(spaceId: string): Promise<string | undefined>
  readLocationIds(): Promise<string[]>
}

/** What was read since the last clearing. A reading under way when it is cleared ends in the old memory, which nobody asks any more. */
export interface CatalogueMemory {
  getLocation(id: string): Promise<CatalogueLocation | undefined>
  getLocationOf(spaceId: string): Promise<CatalogueLocation | undefined>
  listIds(): Promise<string[]>
}

export function createCatalogueMemory(sources: Sources): CatalogueMemory {
  const locations = new Map<string, Promise<CatalogueLocation | undefined>>()
  const locationIdOf = new Map<string, string>()
  let ids: Promise<string[]> | undefined

  const remember = (id: string, location: CatalogueLocation | undefined) => {
    for (const spaceId of location?.spaces.keys() ?? []) locationIdOf.set(spaceId, id)
    // Ids that nobody has are not worth remembering: there is no end of them.
    if (!location) locations.delete(id)
    return location
  }

  const getLocation = (id: string): Promise<CatalogueLocation | undefined> => {
    const present = locations.get(id)
    if (present) return present
    const reading = sources.readLocation(id).then(
      (location) => remember(id, location),
      (error: unknown) => {
        locations.delete(id)
        throw error
      },
    )
    locations.set(id, reading)
    return reading
  }

  return {
    getLocation,
    async getLocationOf(spaceId) {
      const id = locationIdOf.get(spaceId) ?? (await sources.readLocationIdOf(spaceId))
      return id === undefined ? undefined : getLocation(id)
    },
    listIds() {
      ids ??= sources.readLocationIds().catch((error: unknown) => {
        ids = undefined
        throw error
      })
      return ids
    },
  }
}
