import {
  type BodyOf,
  type createPriceBook as createPriceBookOperation,
  priceBookCreated,
  priceBookUpdated,
  type updatePriceBook as updatePriceBookOperation,
} from '@alcove/contracts'
import { checkPriceRules } from '@alcove/rules'
import { assertNoIssues, assertPresent } from '../errors.ts'
import { createOnce } from './create-once.ts'
import { checkCurrency } from './location.ts'
import { checkSameCurrency, type PriceBookRecord, toPriceBookState } from './price-book.ts'
import type { KeyedCommand, WriteContext, WriteDeps } from './stores.ts'

/**
 * Adds a price book.
 * @throws 400 for a currency that does not exist and for minutes that no rule matches; 422 `idempotency-key-reused`
 */
export async function createPriceBook(
  deps: WriteDeps,
  { write, command, body }: { write: WriteContext; command: KeyedCommand | undefined; body: BodyOf<typeof createPriceBookOperation> },
): Promise<PriceBookRecord> {
  assertNoIssues([...checkCurrency(body.currency), ...checkPriceRules(body.rules)])
  return createOnce(deps, {
    write,
    command,
    find: (stores, id) => stores.priceBooks.lock(id, 'share'),
    async create(stores, id) {
      const { name, currency, rules, dayCapMinor = null } = body
      const priceBook: PriceBookRecord = { id, version: 1, name, currency, rules, dayCapMinor, createdAt: write.now, updatedAt: write.now }
      await stores.priceBooks.insert(priceBook)
      await stores.publish(priceBookCreated, id, toPriceBookState(priceBook))
      await stores.audit('price-book.created', id)
      return priceBook
    },
  })
}

/**
 * Changes the members given; bookings made before keep their price.
 * @throws 400 as creating does, and for a currency other than that of a location where it is used; 404
 */
export async function updatePriceBook(
  deps: WriteDeps,
  { write, id, body }: { write: WriteContext; id: string; body: BodyOf<typeof updatePriceBookOperation> },
): Promise<PriceBookRecord> {
  assertNoIssues([...checkCurrency(body.currency), ...(body.rules ? checkPriceRules(body.rules) : [])])
  return deps.inTransaction(write, async (stores) => {
    const priceBook = assertPresent(await stores.priceBooks.lock(id), 'price book')
    const updated: PriceBookRecord = { ...priceBook, ...body, version: priceBook.version + 1, updatedAt: write.now }
    if (updated.currency !== priceBook.currency) {
      const used = await stores.priceBooks.listLocationCurrencies(id)
      assertNoIssues(used.flatMap((location) => checkSameCurrency('/currency', updated.currency, location)).slice(0, 1))
    }
    await stores.priceBooks.update(updated)
    await stores.publish(priceBookUpdated, id, toPriceBookState(updated))
    await stores.audit('price-book.updated', id)
    return updated
  })
}
