import { createServer } from 'node:http'
import type { Server } from 'node:http'
import buildGetJwks from 'get-jwks'
import t from 'tap'
import type { Test } from 'tap'
import { JwksKeys } from '../src/jwks.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { ec, ed, goodClaims, rsa, token } from './support/tokens.ts'

const jwk = (key: typeof rsa, more: object): object => ({ ...key.publicKey.export({ format: 'jwk' }), ...more })

interface Issuer { readonly domain: string, keys: object[], mode: 'ok' | 'fail' | 'hang', asked: number, readonly server: Server }

async function issuer (t: Test): Promise<Issuer> {
  const state: Issuer = {
    domain: '',
    keys: [jwk(rsa, { kid: 'r1', alg: 'RS256', use: 'sig' }), jwk(ec, { kid: 'e1' }), jwk(ed, { kid: 'd1' }), jwk(rsa, { kid: 'enc', use: 'enc' }),
      { kty: 'oct', kid: 'oct', k: 'c2VjcmV0' }, { kty: 'RSA', kid: 'broken' }],
    mode: 'ok',
    asked: 0,
    server: createServer((_, response) => {
      state.asked++
      if (state.mode === 'hang') return
      response.writeHead(state.mode === 'ok' ? 200 : 500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: state.keys }))
    })
  }
  await new Promise<void>((resolve) => { state.server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { state.server.closeAllConnections(); state.server.close() })
  return Object.assign(state, { domain: `http://127.0.0.1:${(state.server.address() as { port: number }).port}/` })
}

const signed = (kid: unknown, alg = 'RS256', key = rsa.privateKey): string => token({ alg, key, header: { kid } })
const bearer = (made: string) => ({ headers: { authorization: `Bearer ${made}` } })

void t.test('keys come from the issuer, and are cached', async (t) => {
  const source = await issuer(t)
  const { url } = await server(t, { jwt: { jwks: { client: buildGetJwks(), domain: source.domain } } })
  for (let turn = 0; turn < 3; turn++) {
    t.equal((await open(url(), bearer(signed('r1')))).first?.principal, 'ada')
    t.equal((await open(url(), bearer(signed('e1', 'ES256', ec.privateKey)))).first?.principal, 'ada')
    t.equal((await open(url(), bearer(signed('d1', 'EdDSA', ed.privateKey)))).first?.principal, 'ada')
  }
  t.equal(source.asked, 3)
})

void t.test('a token that names a wrong key, or names it wrongly, is refused', async (t) => {
  const source = await issuer(t)
  const { url } = await server(t, { jwt: { jwks: { client: buildGetJwks(), domain: source.domain } } })
  for (const made of [
    signed('nobody'), signed(undefined), signed(7), signed(''), signed('x'.repeat(257)), signed('e1'), signed('enc'), signed('broken'),
    signed('r1', 'RS256', ec.privateKey), token({ header: { kid: 'oct' }, key: 'secret' }), token({ header: { kid: 'r1', alg: 7 } }),
    token({ alg: 'none', header: { kid: 'r1' } })
  ]) t.equal((await open(url(), bearer(made))).status, 401)
})

void t.test('the issuer of the token is not asked', async (t) => {
  const source = await issuer(t)
  const evil = await issuer(t)
  const { url } = await server(t, { jwt: { jwks: { client: buildGetJwks(), domain: source.domain } } })
  const made = token({ alg: 'RS256', key: rsa.privateKey, header: { kid: 'r1', jku: evil.domain }, claims: { ...goodClaims(), iss: evil.domain } })
  t.equal((await open(url(), bearer(made))).first?.principal, 'ada')
  t.equal(evil.asked, 0)
})

for (const mode of ['fail', 'hang'] as const) {
  void t.test(`while the issuer is away (${mode}) upgrades are answered 503, and live connections stay`, async (t) => {
    const source = await issuer(t)
    const { url } = await server(t, { jwt: { jwks: { client: buildGetJwks({ ttl: 1 }), domain: source.domain, timeout: 100 } } })
    const live = await open(url(), bearer(signed('r1')))
    source.mode = mode
    const begun = performance.now()
    const refused = await open(url(), { ...bearer(signed('e1', 'ES256', ec.privateKey)), protocols: ['realtime.v1.json'] })
    t.equal(refused.status, 503)
    t.equal(refused.headers['retry-after'], '1')
    t.ok(performance.now() - begun < 5_000)
    t.equal(live.ws.readyState, live.ws.OPEN)
  })
}

void t.test('an algorithm that is not allowed asks nobody, and one that does not fit the key is refused', async (t) => {
  let asked = 0
  const client = { getJwk: async () => { asked++; return jwk(rsa, {}) } }
  const keys = new JwksKeys({ client, domain: 'https://x', timeout: 100 }, ['RS256', 'ES256'], manualClock())
  const refusal = (alg: unknown): Promise<unknown> => keys.find({ alg, kid: 'r1' }).catch((error: unknown) => error)
  for (const alg of ['HS256', 'none', 'RS512', undefined]) t.match(await refusal(alg), { kind: 'invalid', why: 'algorithm' })
  t.equal(asked, 0)
  t.match(await keys.find({ alg: 'RS256', kid: 'r1' }), /PUBLIC KEY/)
  t.match(await refusal('ES256'), { kind: 'invalid', why: 'key kind' })
})

void t.test('an issuer that does not answer is given up after its own time', async (t) => {
  const clock = manualClock()
  const keys = new JwksKeys({ client: { getJwk: () => new Promise(() => {}) }, domain: 'https://x', timeout: 100 }, ['RS256'], clock)
  const refusal = keys.find({ alg: 'RS256', kid: 'r1' }).catch((error: unknown) => error)
  clock.advance(100)
  t.match(await refusal, { kind: 'unavailable', why: 'jwks timeout' })
})

void t.test('key ids that nobody knows stop costing requests', async (t) => {
  const clock = manualClock()
  let asked = 0
  const client = {
    getJwk: async ({ kid }: { kid: string }) => {
      asked++
      if (kid !== 'known' && !kid.startsWith('new')) throw Object.assign(new Error(), { code: 'JWK_NOT_FOUND' })
      return jwk(rsa, {})
    }
  }
  const keys = new JwksKeys({ client, domain: 'https://x', timeout: 100 }, ['RS256'], clock)
  const find = (kid: string) => keys.find({ alg: 'RS256', kid })
  await find('known')
  for (let miss = 0; miss < 30; miss++) await t.rejects(find(`random${miss}`))
  t.equal(asked, 11)
  await t.rejects(find('new'), { message: 'credential unavailable' })
  await find('known')
  clock.advance(30_001)
  for (let fresh = 0; fresh < 150; fresh++) await find(`new${fresh}`)
  t.equal(asked, 162)
})

void t.test('key ids that are asked for at the same time count, too', async (t) => {
  let asked = 0
  const answers: Array<() => void> = []
  const client = {
    getJwk: async ({ kid }: { kid: string }) => {
      asked++
      await new Promise<void>((resolve) => { answers.push(resolve) })
      if (kid !== 'real') throw Object.assign(new Error(), { code: 'JWK_NOT_FOUND' })
      return jwk(rsa, {})
    }
  }
  const keys = new JwksKeys({ client, domain: 'https://x', timeout: 100 }, ['RS256'], manualClock())
  const find = (kid: string) => keys.find({ alg: 'RS256', kid })
  const real = Array.from({ length: 50 }, () => find('real'))
  const junk = Array.from({ length: 50 }, (_, n) => find(`random${n}`).catch((error: Error) => error.message))
  t.equal(asked, 10, 'one for all who name the same key, and nine misses')
  for (const answer of answers) answer()
  t.equal(new Set(await Promise.all(real)).size, 1)
  const told = await Promise.all(junk)
  t.equal(told.filter((message) => message === 'credential invalid').length, 9)
  t.equal(told.filter((message) => message === 'credential unavailable').length, 41)
})
