import cookie from '@fastify/cookie'
import t from 'tap'
import { open, server } from './support/server.ts'
import type { ServerDetails } from './support/server.ts'
import { secret, token } from './support/tokens.ts'

const origins = ['https://app.example.com', 'https://[2001:db8::1]:8443']
const listed = { jwt: { secret }, cookie: { name: 'token' }, origins }
const cookies: ServerDetails = { before: async (app) => { await app.register(cookie, { secret: 's'.repeat(32) }) } }

void t.test('an upgrade from the wrong origin is refused with 403, whatever the credential', async (t) => {
  const { url, app } = await server(t, listed, cookies)
  const refused: unknown[] = []
  app.realtimeAuth.on('refuse', (kind) => refused.push(kind))
  const bearer = { authorization: `Bearer ${token()}` }
  const rows: ReadonlyArray<readonly [string, Record<string, string | string[]>, number]> = [
    ['exact', { origin: 'https://app.example.com' }, 101],
    ['IPv6', { origin: 'https://[2001:db8::1]:8443' }, 101],
    ['port', { origin: 'https://app.example.com:444' }, 403],
    ['scheme', { origin: 'http://app.example.com' }, 403],
    ['null', { origin: 'null' }, 403],
    ['sub-domain', { origin: 'https://a.app.example.com' }, 403],
    ['look-alike suffix', { origin: 'https://app.example.com.evil.com' }, 403],
    ['look-alike prefix', { origin: 'https://xapp.example.com' }, 403],
    ['case', { origin: 'https://App.example.com' }, 403],
    ['trailing dot', { origin: 'https://app.example.com.' }, 403],
    ['userinfo', { origin: 'https://app.example.com@evil.com' }, 403],
    ['IPv6 without its port', { origin: 'https://[2001:db8::1]' }, 403],
    ['two headers', { origin: ['https://app.example.com', 'https://app.example.com'] }, 403],
    ['absent', {}, 101]
  ]
  for (const [name, headers, status] of rows) {
    const opened = await open(url(), { headers: { ...headers, ...bearer } as Record<string, string> })
    t.equal(opened.status, status, `${name}, with bearer`)
    if (status === 403) t.match(JSON.parse(opened.body), { code: 'FRT_ERR_ORIGIN' })
    const withCookie = await open(url(), { headers: { ...headers, cookie: `token=${token()}` } as Record<string, string> })
    t.equal(withCookie.status, name === 'absent' ? 403 : status, `${name}, with cookie`)
  }
  t.ok(refused.includes('origin'))
})

void t.test('a wrong origin is 403 also for a browser with a bad token', async (t) => {
  const { url } = await server(t, listed, cookies)
  const opened = await open(url(), { protocols: ['realtime.v1.json'], headers: { origin: 'https://evil.com', cookie: 'token=bad' } })
  t.equal(opened.status, 403)
})

void t.test('without a list the origin is that of the host', async (t) => {
  const { url } = await server(t, { jwt: { secret } })
  const headers = { authorization: `Bearer ${token()}` }
  t.equal((await open(url(), { headers: { ...headers, origin: url('').replace('ws', 'http') } })).status, 101)
  t.equal((await open(url(), { headers: { ...headers, origin: 'http://127.0.0.1:1' } })).status, 403)
})

void t.test('a cookie on a plain request counts only for pages that are known', async (t) => {
  const { app } = await server(t, listed, cookies)
  const status = async (method: 'GET' | 'POST', headers: object) =>
    (await app.inject({ method, url: '/me', headers: { cookie: `token=${token()}`, ...headers } })).statusCode
  t.equal(await status('POST', { origin: 'https://app.example.com' }), 200)
  t.equal(await status('POST', { origin: 'https://evil.com' }), 403)
  t.equal(await status('GET', { origin: 'https://evil.com' }), 200, 'a read is CORS\'s to guard')
  t.equal(await status('POST', {}), 200, 'no browser')
})

void t.test('a signed cookie must be signed', async (t) => {
  const { app, url } = await server(t, { ...listed, cookie: { name: 'token', signed: true } }, cookies)
  const headers = (value: string) => ({ headers: { origin: 'https://app.example.com', cookie: `token=${encodeURIComponent(value)}` } })
  t.equal((await open(url(), headers(app.signCookie(token())))).first?.principal, 'ada')
  t.equal((await open(url(), headers(token()))).status, 401)
  t.equal((await open(url(), headers(`${token()}.x`))).status, 401)
  t.equal((await open(url(), headers(''))).status, 401)
})

void t.test('a cookie needs @fastify/cookie, and a secret when it is signed', async (t) => {
  await t.rejects(server(t, listed), { code: 'FRT_ERR_AUTH_OPTION' })
  const unsigned: ServerDetails = { before: async (app) => { await app.register(cookie) } }
  await t.rejects(server(t, { ...listed, cookie: { name: 'token', signed: true } }, unsigned), { code: 'FRT_ERR_AUTH_OPTION' })
})
