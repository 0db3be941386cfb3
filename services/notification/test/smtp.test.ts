import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSmtpCarrier } from '../src/clients/smtp.ts'
import type { Carrier } from '../src/domain/carrier.ts'

/** Enough of RFC 5321 for one client; `refuse` answers a command otherwise. */
interface SmtpServer {
  server: Server
  received: string[]
  recipients: string[]
  refuse: Record<string, string>
  url: string
}

const sockets = new Set<Socket>()
let smtp: SmtpServer
let carrier: Carrier
const letter = { to: 'ann@example.org', subject: 'Grüße from Alcove', text: 'Plain\n.dot', html: '<p>Rich</p>' }

function answer(socket: Socket, state: { data?: string[] }, line: string): void {
  if (state.data) {
    if (line !== '.') {
      state.data.push(line)
      return
    }
    smtp.received.push(state.data.join('\n'))
    state.data = undefined
    socket.write('250 taken\r\n')
    return
  }
  if (line.startsWith('RCPT TO:')) smtp.recipients.push(line.slice(8))
  const verb = line.split(/[ :]/, 1)[0]!.toUpperCase()
  if (smtp.refuse[verb]) socket.write(`${smtp.refuse[verb]}\r\n`)
  else if (verb === 'DATA') {
    state.data = []
    socket.write('354 go on\r\n')
  } else if (verb === 'QUIT') socket.end('221 bye\r\n')
  else socket.write(verb === 'EHLO' ? '250-test\r\n250 8BITMIME\r\n' : '250 ok\r\n')
}

beforeEach(async () => {
  const server = createServer((socket) => {
    sockets.add(socket)
    const state = {}
    let rest = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) answer(socket, state, line)
    })
    socket.write('220 test\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  smtp = { server, received: [], recipients: [], refuse: {}, url: `smtp://127.0.0.1:${(server.address() as { port: number }).port}` }
  carrier = createSmtpCarrier({ url: smtp.url, from: 'Alcove <no-reply@alcove.test>' })
})
afterEach(async () => {
  carrier.close()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => smtp.server.close(resolve))
})

test('a letter arrives with its Message-ID, both bodies and the sender', async () => {
  await carrier.send(letter, '<one@alcove.test>')
  expect(smtp.received).toHaveLength(1)
  const [mail] = smtp.received
  expect(mail).toContain('Message-ID: <one@alcove.test>')
  expect(mail).toContain('From: Alcove <no-reply@alcove.test>')
  expect(mail).toContain('To: ann@example.org')
  expect(mail).toContain('multipart/alternative')
  expect(mail).toContain('<p>Rich</p>')
})

test('a recipient refused with 5xx is final, with 4xx it is not', async () => {
  smtp.refuse = { RCPT: '550 no such user' }
  await expect(carrier.send(letter, '<a@b>')).rejects.toMatchObject({ name: 'CarrierError', isFinal: true })
  smtp.refuse = { RCPT: '451 later' }
  await expect(carrier.send(letter, '<a@b>')).rejects.toMatchObject({ isFinal: false })
})

test('a letter refused with 5xx is final', async () => {
  smtp.refuse = { DATA: '554 no' }
  await expect(carrier.send(letter, '<a@b>')).rejects.toMatchObject({ isFinal: true })
})

test('a refused sender or greeting concerns every letter and is not final', async () => {
  smtp.refuse = { MAIL: '530 log in first' }
  await expect(carrier.send(letter, '<a@b>')).rejects.toMatchObject({ isFinal: false })
})

test('a server that is gone is not final', async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => smtp.server.close(resolve))
  await expect(carrier.send(letter, '<a@b>')).rejects.toMatchObject({ isFinal: false })
})

test('no address adds a recipient or a command', async () => {
  for (const to of ['ann@example.org>\r\nRCPT TO:<evil@example.org', 'ann@example.org, evil@example.org', 'evil@example.org <ann@example.org>']) {
    smtp.recipients.length = 0
    await carrier.send({ ...letter, to }, '<a@b>').catch(() => undefined)
    expect(smtp.recipients.length).toBeLessThanOrEqual(1)
    expect(smtp.recipients).not.toContain('<evil@example.org>')
  }
})
