export interface Address {
  readonly id: string
  readonly label: string
  readonly line1: string
  readonly line2: string | null
  readonly postalCode: string
  readonly city: string
  readonly countryCode: string
}

export const addressesMax = 20
