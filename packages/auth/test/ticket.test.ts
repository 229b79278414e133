import type { RecordStore } from '@fastify-realtime/broker'
import t from 'tap'
import { Tickets } from '../src/ticket.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { goodClaims, seconds, secret, token } from './support/tokens.ts'

function memoryRecords (): RecordStore & { readonly entries: Map<string, string>, readonly lives: number[] } {
  const entries = new Map<string, string>()
  const lives: number[] = []
  return {
    entries,
    lives,
    put: async (key, value, ttl) => { lives.push(ttl); entries.set(key, value) },
    putIfAbsent: async (key, value) => !entries.has(key) && entries.set(key, value).size > 0,
    delete: async (key) => { entries.delete(key) },
    get: async (key) => entries.get(key),
    list: async (prefix) => [...entries].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))
  }
}

function setup (records: RecordStore = memoryRecords()) {
  const clock = manualClock()
  const tickets = new Tickets(() => records, 30_000, clock)
  const terms = { tokenId: 'jti', issuedAt: clock.time(), expiresAt: clock.time() + 60_000 }
  return { clock, tickets, terms }
}

void t.test('a ticket gives what it was issued for, once', async (t) => {
  const { tickets, terms, clock } = setup()
  const { ticket, expiresAt } = await tickets.issue({ id: 'ada' }, terms)
  t.match(ticket, /^[\w-]{22}$/, '128 bits')
  t.equal(expiresAt, clock.time() + 30_000)
  t.same(await tickets.redeem(ticket), { principal: { id: 'ada' }, ...terms })
  await t.rejects(tickets.redeem(ticket), { message: 'credential invalid' })
})

void t.test('all 128 bits are drawn, and the record ends with the ticket', async (t) => {
  const records = memoryRecords()
  const { tickets, terms } = setup(records)
  const drawn = await Promise.all(Array.from({ length: 200 }, async () =>
    Buffer.from((await tickets.issue({ id: 'ada' }, terms)).ticket, 'base64url')))
  for (let byte = 0; byte < 16; byte++) t.ok(new Set(drawn.map((bytes) => bytes[byte])).size > 50, `byte ${byte}`)
  t.same(new Set(records.lives), new Set([30_000]))
})

void t.test('of two that found the ticket one gets it', async (t) => {
  const { tickets, terms } = setup()
  const { ticket } = await tickets.issue({ id: 'ada' }, terms)
  const outcomes = await Promise.allSettled([tickets.redeem(ticket), tickets.redeem(ticket), tickets.redeem(ticket)])
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

void t.test('a ticket is read by its key, never searched for', async (t) => {
  const records = memoryRecords()
  let read = 0
  const { tickets, terms } = setup({ ...records, list: async () => [], get: async (key) => { read++; return records.entries.get(key) } })
  await tickets.redeem((await tickets.issue({ id: 'ada' }, terms)).ticket)
  t.equal(read, 1)
})

void t.test('the records do not show the ticket', async (t) => {
  const records = memoryRecords()
  const { tickets, terms } = setup(records)
  const { ticket } = await tickets.issue({ id: 'ada' }, terms)
  t.notMatch(JSON.stringify([...records.entries]), new RegExp(ticket))
})

void t.test('a ticket that nobody issued, is no ticket, or is too old refuses', async (t) => {
  const { tickets, terms, clock } = setup()
  await t.rejects(tickets.redeem('x'.repeat(22)), { message: 'credential invalid' })
  await t.rejects(tickets.redeem('auth:'), { message: 'credential invalid' })
  const { ticket } = await tickets.issue({ id: 'ada' }, terms)
  clock.advance(30_000)
  await t.rejects(tickets.redeem(ticket), { message: 'credential invalid' })
  const second = await tickets.issue({ id: 'ada' }, { ...terms, expiresAt: clock.time() })
  await t.rejects(tickets.redeem(second.ticket), { message: 'credential expired' })
})

void t.test('of 100 racing uses one wins, over real sockets', async (t) => {
  const { url, app } = await server(t)
  const issued: unknown[] = []
  app.realtimeAuth.on('ticket', (principal) => issued.push(principal))
  const { ticket } = await app.realtimeAuth.issueTicket({ id: 'ada' })
  t.same(issued, [{ id: 'ada' }])
  const opened = await Promise.all(Array.from({ length: 100 }, () => open(url(`/ws?ticket=${ticket}`))))
  t.equal(opened.filter(({ first }) => first?.principal === 'ada').length, 1)
  t.equal(opened.filter(({ status }) => status === 401).length, 99)
})

void t.test('a ticket ends when the credential that asked for it does', async (t) => {
  const { url, app } = await server(t, undefined, {
    after: (app) => { app.post('/ticket', { preHandler: app.realtimeAuth.authenticate }, (request) => app.realtimeAuth.issueTicket(request.principal)) }
  })
  const exp = seconds(300)
  const response = await app.inject({ method: 'POST', url: '/ticket', headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), exp, jti: 'j1' } })}` } })
  const { ticket } = response.json<{ ticket: string }>()
  const opened = await open(url(`/ws?ticket=${ticket}`), { protocols: ['realtime.v1.json'] })
  t.equal(opened.first?.principal, 'ada')
  const [connection] = app.connectionPool
  t.equal(app.realtimeAuth.expiresAt(connection?.principal as { id: string }), exp * 1_000)
  await app.realtimeAuth.revoke({ tokenId: 'j1' })
  t.equal((await opened.closed).code, 4501)
})

void t.test('a used ticket is told to a browser by the close code', async (t) => {
  const { url, app } = await server(t)
  const { ticket } = await app.realtimeAuth.issueTicket({ id: 'ada' })
  await open(url(`/ws?ticket=${ticket}`))
  const again = await open(url(`/ws?ticket=${ticket}`), { protocols: ['realtime.v1.json'] })
  t.equal(again.close?.code, 4501)
})

void t.test('tickets are for upgrades', async (t) => {
  const { app } = await server(t)
  const { ticket } = await app.realtimeAuth.issueTicket({ id: 'ada' })
  t.equal((await app.inject(`/me?ticket=${ticket}`)).statusCode, 401)
})

void t.test('tickets can be off', async (t) => {
  const { app, url } = await server(t, { jwt: { secret }, ticketTtl: false })
  await t.rejects(app.realtimeAuth.issueTicket({ id: 'ada' }), { code: 'FRT_ERR_AUTH_USE' })
  t.equal((await open(url(`/ws?ticket=${'x'.repeat(22)}`))).status, 401)
})

void t.test('a ticket needs a principal', async (t) => {
  const { app } = await server(t)
  await t.rejects(app.realtimeAuth.issueTicket({ id: '' }), { code: 'FRT_ERR_AUTH_USE' })
})
