import { operations } from '@alcove/contracts'
import { buildCallers, buildTestTokens, fuzzOperation, type TestTokens } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePayment, startRoutes, type Routes } from './routes.ts'
