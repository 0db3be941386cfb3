import { showSecurityTxt } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps.ts'
import { renderSecurityTxt } from '../domain/security-txt.ts'

export const securityTxtRoute =
  ({ securityContacts: contacts, publicBaseUrl, now }: Pick<GatewayDeps, 'securityContacts' | 'publicBaseUrl' | 'now'>) =>
  async (app: FastifyInstance) => {
    addOperation(app, showSecurityTxt, async () => {
      if (contacts.length === 0) throw notFound('This installation names nobody to tell.')
      return { status: 200, body: renderSecurityTxt({ contacts, publicBaseUrl, now: new Date(now()) }) }
    })
  }
