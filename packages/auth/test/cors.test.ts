import { readFileSync } from 'node:fs'
import cors from '@fastify/cors'
import t from 'tap'
import { open, server } from './support/server.ts'
import { secret, token } from './support/tokens.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

void t.test('CORS and upgrades go by one list, in every row', async (t) => {
  // As the README has it.
  t.match(readme, 'await app.register(cors, { origin: origins })\nawait app.register(auth, { jwt: { secret }, origins })')
  const origins = ['https://app.example.com', 'https://[2001:db8::1]:8443']
  const { app, url } = await server(t, { jwt: { secret }, origins }, { before: (app) => app.register(cors, { origin: origins }) })
  const authorization = `Bearer ${token()}`
  for (const [origin, allowed] of [
    ['https://app.example.com', true],
    ['https://[2001:db8::1]:8443', true],
    ['https://app.example.com:444', false],
    ['http://app.example.com', false],
    ['null', false],
    ['https://a.app.example.com', false],
    ['https://app.example.com.evil.com', false],
    ['https://xapp.example.com', false],
    ['https://App.example.com', false],
    ['https://app.example.com.', false],
    ['https://app.example.com@evil.com', false],
    ['https://[2001:db8::1]', false],
    ['https://app.example.com, https://app.example.com', false]
  ] as const) {
    const upgrade = await open(url(), { headers: { origin, authorization } })
    t.equal(upgrade.status, allowed ? 101 : 403, `an upgrade from ${origin}`)
    const read = await app.inject({ url: '/me', headers: { origin, authorization } })
    t.equal(read.headers['access-control-allow-origin'], allowed ? origin : undefined, `a page of ${origin} reads`)
    const asked = await app.inject({ method: 'OPTIONS', url: '/me', headers: { origin, 'access-control-request-method': 'POST' } })
    t.equal(asked.headers['access-control-allow-origin'], allowed ? origin : undefined, `a page of ${origin} asks`)
  }
})
