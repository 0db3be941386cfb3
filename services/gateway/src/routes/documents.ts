import {
  buildAsyncApi,
  getAsyncapi,
  getOpenapi,
  problems,
  showProblem,
  showResetPasswordPage,
  showStartPage,
  showVerifyEmailPage,
  type ProblemSlug,
} from '@alcove/contracts'
import { listTopics } from '@alcove/graph'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { buildOpenapi } from '../openapi.ts'
import { docsRoutes } from '../pages/docs.ts'
import { renderResetPasswordPage, renderVerifyEmailPage } from '../pages/mailed-token.ts'
import { renderProblemPage } from '../pages/problem.ts'
import { renderStartPage } from '../pages/start.ts'

/** The API's and the events' descriptions, as documents and as pages. */
export const documentRoutes = (deps: { version: string; devClock: unknown }) => async (app: FastifyInstance) => {
  const document = buildOpenapi(deps.version, (operation) => deps.devClock !== undefined || !operation.path.startsWith('/dev/'))
  const text = JSON.stringify(document)
  const events = JSON.stringify(buildAsyncApi({ version: deps.version, topics: listTopics() }))
  const start = renderStartPage()

  // Already text: 40 schemas are not serialised again for every reader.
  addOperation(app, { ...getOpenapi, produces: 'application/json' }, async () => ({ status: 200, body: text }))
  addOperation(app, { ...getAsyncapi, produces: 'application/json' }, async () => ({ status: 200, body: events }))
  app.register(docsRoutes)
  const verifyEmail = renderVerifyEmailPage()
  const resetPassword = renderResetPasswordPage()
  addOperation(app, showVerifyEmailPage, async () => ({ status: 200, ...verifyEmail }))
  addOperation(app, showResetPasswordPage, async () => ({ status: 200, ...resetPassword }))
  addOperation(app, showStartPage, async () => ({ status: 200, ...start }))
  addOperation(app, showProblem, async ({ params: { slug } }) => {
    if (!Object.hasOwn(problems, slug)) throw notFound('There is no such problem.')
    return { status: 200, ...renderProblemPage(slug as ProblemSlug) }
  })
}
