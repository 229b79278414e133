import rateLimit from '@fastify/rate-limit'
import t from 'tap'
import { open, server } from './support/server.ts'
import { secret, token } from './support/tokens.ts'

const options = { jwt: { secret }, failures: { max: 3, timeWindow: 60_000 } }
const proxied = { fastify: { trustProxy: true } }
const from = (address: string, credential: string) =>
  ({ headers: { 'x-forwarded-for': address, authorization: `Bearer ${credential}` } })

void t.test('failed handshakes of an address are limited, good ones are not', async (t) => {
  const { url } = await server(t, options, proxied)
  for (let attempt = 0; attempt < 5; attempt++) t.equal((await open(url(), from('203.0.113.5', token()))).status, 101)
  for (let attempt = 0; attempt < 3; attempt++) t.equal((await open(url(), from('203.0.113.5', 'bad'))).status, 401)
  const limited = await open(url(), { ...from('203.0.113.5', 'bad'), protocols: ['realtime.v1.json'] })
  t.equal(limited.status, 429)
  t.ok(Number(limited.headers['retry-after']) > 0)
  t.match(JSON.parse(limited.body), { code: 'FRT_ERR_TOO_MANY_FAILURES' })
  t.equal((await open(url(), from('203.0.113.5', token()))).first?.principal, 'ada')
  t.equal((await open(url(), from('203.0.113.6', 'bad'))).status, 401)
})

void t.test('addresses of one /64 count together', async (t) => {
  const { url } = await server(t, options, proxied)
  for (let host = 1; host <= 3; host++) t.equal((await open(url(), from(`2001:db8::${host}`, 'bad'))).status, 401)
  t.equal((await open(url(), from('2001:db8::9', 'bad'))).status, 429)
  t.equal((await open(url(), from('2001:db8:0:1::9', 'bad'))).status, 401)
})

void t.test('loopback is exempt, and the limit can be off', async (t) => {
  const { url } = await server(t, options)
  for (let attempt = 0; attempt < 5; attempt++) t.equal((await open(url(), { headers: { authorization: 'Bearer bad' } })).status, 401)
  const off = await server(t, { ...options, failures: false }, proxied)
  for (let attempt = 0; attempt < 5; attempt++) t.equal((await open(off.url(), from('203.0.113.5', 'bad'))).status, 401)
})

void t.test('a header that only claims to be loopback is not exempt, and one that is no address is an address like others', async (t) => {
  const { url } = await server(t, options, proxied)
  for (const address of ['127.0.0.1', 'junk']) {
    for (let attempt = 0; attempt < 3; attempt++) t.equal((await open(url(), from(address, 'bad'))).status, 401)
    t.equal((await open(url(), from(address, 'bad'))).status, 429)
  }
  for (let attempt = 0; attempt < 5; attempt++) t.equal((await open(url(), { headers: { authorization: 'Bearer bad' } })).status, 401)
})

void t.test('when failures cannot be counted they are failures all the same', async (t) => {
  class Away {
    incr (_key: string, callback: (error: Error) => void): void { callback(new Error('store is away')) }
    child (): Away { return this }
  }
  const { url, log } = await server(t, options, { ...proxied, before: async (app) => { await app.register(rateLimit, { global: false, store: Away as never }) } })
  const refused = await open(url(), from('203.0.113.5', 'bad'))
  t.equal(refused.status, 401)
  t.match(JSON.parse(refused.body), { code: 'FRT_ERR_UNAUTHENTICATED' })
  t.match(log.join(''), /store is away/)
})

void t.test('the app\'s own @fastify/rate-limit is used when it is there', async (t) => {
  const { url } = await server(t, options, { ...proxied, before: async (app) => { await app.register(rateLimit, { global: false }) } })
  for (let attempt = 0; attempt < 3; attempt++) t.equal((await open(url(), from('203.0.113.5', 'bad'))).status, 401)
  t.equal((await open(url(), from('203.0.113.5', 'bad'))).status, 429)
})
