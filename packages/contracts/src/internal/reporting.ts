import Type from 'typebox'
import { defineOperation } from '../operation.ts'

/**
 * Makes the read models anew from the raw events, which changes nothing where nothing was wrong. 200 with the number of events
 * when it is done within the request's time, else 202: it goes on, and asking again waits for it. Only admin may ask.
 */
export const rebuildReports = defineOperation({
  id: 'rebuild-reports',
  service: 'reporting',
  method: 'POST',
  path: '/internal/rebuild',
  summary: 'Make the read models anew',
  access: 'service',
  responses: { 200: Type.Object({ events: Type.Integer({ minimum: 0 }) }), 202: null },
})
