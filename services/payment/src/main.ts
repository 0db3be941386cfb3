import { runService } from '@alcove/kit'
import { buildPayment } from './build.ts'
import { configSchema } from './config.ts'

await runService({ name: 'payment', configSchema, build: buildPayment })
