import { createHmac } from 'node:crypto'
import { bearerProtocol } from '@fastify-realtime/protocol'
import cookie from '@fastify/cookie'
import t from 'tap'
import { open, server } from './support/server.ts'
import type { Server } from './support/server.ts'
import { ec, ed, encode, goodClaims, pem, rsa, seconds, secret, token } from './support/tokens.ts'

const json = 'realtime.v1.json'
const cookieSecret = 'c'.repeat(32)

/** How each source carries a token. The answer to a bad one is a close code where our subprotocol is offered. */
const sources: Record<string, (server: Server, token: string) => ReturnType<typeof open>> = {
  header: ({ url }, token) => open(url(), { headers: { authorization: `Bearer ${token}` } }),
  subprotocol: ({ url }, token) => open(url(), { protocols: [json, bearerProtocol(token)] }),
  cookie: ({ url, app }, token) =>
    open(url(), { headers: { origin: 'https://app.example.com', cookie: `token=${encodeURIComponent(app.signCookie(token))}` } }),
  query: ({ url }, token) => open(url(`/ws?token=${encodeURIComponent(token)}`)),
  custom: ({ url }, token) => open(url(), { headers: { 'x-token': token } })
}

function forged (publicKey: string | Buffer): string {
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(goodClaims())}`
  return `${input}.${createHmac('sha256', publicKey).update(input).digest('base64url')}`
}

const spki = pem(rsa.publicKey)

/** The public key in every other form that a verifier might take for a shared secret. */
function encodings (): Record<string, string | Buffer> {
  const [der, pkcs1] = [rsa.publicKey.export({ type: 'spki', format: 'der' }), rsa.publicKey.export({ type: 'pkcs1', format: 'der' })]
  const { n = '', e } = rsa.publicKey.export({ format: 'jwk' })
  return {
    'SPKI with another newline': `${spki}\n`,
    'SPKI with CRLF': spki.replaceAll('\n', '\r\n'),
    'SPKI in one line': spki.replaceAll('\n', ''),
    DER: der,
    'PKCS#1 DER': pkcs1,
    'DER in Base64': der.toString('base64'),
    'DER in hex': der.toString('hex'),
    JWK: JSON.stringify({ kty: 'RSA', n, e }),
    'JWK, another order': JSON.stringify({ e, kty: 'RSA', n }),
    'JWK set': JSON.stringify({ keys: [{ kty: 'RSA', n, e }] }),
    'modulus as text': n,
    'raw modulus': Buffer.from(n, 'base64url'),
    'nothing at all': ''
  }
}
const valid = (): string => token({ alg: 'RS256', key: rsa.privateKey })
const claimsOf = (change: object): string => token({ alg: 'RS256', key: rsa.privateKey, claims: { ...goodClaims(), ...change } })
const headerOf = (header: object): string => token({ alg: 'RS256', key: rsa.privateKey, header })

const tokens: Record<string, [make: () => string, kind: 'valid' | 'invalid' | 'expired']> = {
  valid: [valid, 'valid'],
  'valid, typ at+jwt': [() => headerOf({ typ: 'application/at+jwt' }), 'valid'],
  'valid, PS256': [() => token({ alg: 'PS256', key: rsa.privateKey }), 'valid'],
  expired: [() => claimsOf({ exp: seconds(-5) }), 'expired'],
  'not yet valid': [() => claimsOf({ nbf: seconds(60) }), 'invalid'],
  'wrong key': [() => token({ alg: 'ES256', key: ec.privateKey }), 'invalid'],
  'wrong algorithm': [() => token({ alg: 'HS256', key: secret }), 'invalid'],
  'EdDSA for an RSA key': [() => token({ alg: 'EdDSA', key: ed.privateKey }), 'invalid'],
  'forged with the public key, SPKI': [() => forged(spki), 'invalid'],
  'forged with the public key, SPKI without the last newline': [() => forged(spki.trimEnd()), 'invalid'],
  'forged with the public key, PKCS#1': [() => forged(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })), 'invalid'],
  ...Object.fromEntries(Object.entries(encodings()).map(([name, key]) => [`forged with the public key, ${name}`, [() => forged(key), 'invalid']] as const)),
  'forged with the public key, HS512': [() => token({ alg: 'HS512', key: spki }), 'invalid'],
  'alg none': [() => token({ alg: 'none' }), 'invalid'],
  ...Object.fromEntries(['none', 'None', 'NONE', 'nOnE', ' none', 'none ', '', 'hs256', 'rs256', null, 0, true, ['none'], ['RS256']].flatMap((alg) => [
    [`alg ${JSON.stringify(alg)} without a signature`, [() => `${encode({ alg })}.${encode(goodClaims())}.`, 'invalid']],
    [`alg ${JSON.stringify(alg)} with a signature`, [() => `${encode({ alg })}.${encode(goodClaims())}.${valid().split('.')[2]}`, 'invalid']]
  ] as const)),
  'no alg': [() => `${encode({ typ: 'JWT' })}.${encode(goodClaims())}.`, 'invalid'],
  'no signature': [() => valid().split('.').slice(0, 2).join('.') + '.', 'invalid'],
  'a signature of something else': [() => `${encode({ alg: 'RS256' })}.${encode({ ...goodClaims(), sub: 'eve' })}.${valid().split('.')[2]}`, 'invalid'],
  'array payload': [() => token({ alg: 'RS256', key: rsa.privateKey, claims: ['ada'] }), 'invalid'],
  'string payload': [() => token({ alg: 'RS256', key: rsa.privateKey, claims: '"ada"' }), 'invalid'],
  'payload that is no JSON': [() => token({ alg: 'RS256', key: rsa.privateKey, claims: 'ada' }), 'invalid'],
  'unknown crit': [() => headerOf({ crit: ['exp2'], exp2: 1 }), 'invalid'],
  'empty crit': [() => headerOf({ crit: [] }), 'invalid'],
  oversized: [() => claimsOf({ pad: 'x'.repeat(8_192) }), 'invalid'],
  'no exp': [() => claimsOf({ exp: undefined }), 'invalid'],
  'exp as text': [() => claimsOf({ exp: String(seconds(60)) }), 'invalid'],
  'no iat': [() => claimsOf({ iat: undefined }), 'invalid'],
  'iat as text': [() => claimsOf({ iat: 'today' }), 'invalid'],
  'issued further ahead than any clock can be': [() => claimsOf({ iat: seconds(120), exp: seconds(600) }), 'invalid'],
  'no sub': [() => claimsOf({ sub: undefined }), 'invalid'],
  'sub as a number': [() => claimsOf({ sub: 7 }), 'invalid'],
  'a sub that is too long': [() => claimsOf({ sub: 'x'.repeat(201) }), 'invalid'],
  'older than any credential may get': [() => claimsOf({ iat: seconds(-40 * 86_400) }), 'expired'],
  'a topic token': [() => headerOf({ typ: 'topic+jwt' }), 'invalid'],
  'a logout token': [() => headerOf({ typ: 'logout+jwt' }), 'invalid'],
  'typ that is a number': [() => headerOf({ typ: 7 }), 'invalid'],
  'two parts': [() => 'a.b', 'invalid'],
  'not a JWT': [() => 'x'.repeat(40), 'invalid']
}

void t.test('every source answers every token alike', async (t) => {
  const running = await server(t, {
    jwt: { publicKey: spki },
    allowQueryToken: true,
    cookie: { name: 'token', signed: true },
    origins: ['https://app.example.com'],
    extract: (request) => request.headers['x-token'] as string | undefined
  }, {
    before: async (app) => { await app.register(cookie, { secret: cookieSecret }) },
    fastify: { http: { maxHeaderSize: 65_536 } } as object
  })
  for (const [source, send] of Object.entries(sources)) {
    for (const [name, [make, kind]] of Object.entries(tokens)) {
      const opened = await send(running, make())
      const label = `${source}: ${name}`
      if (kind === 'valid') {
        t.equal(opened.first?.principal, 'ada', label)
        opened.ws.terminate()
      } else if (source === 'subprotocol') {
        t.same(opened.close?.code, kind === 'expired' ? 4004 : 4501, label)
        t.equal(opened.messages.length, 0, label)
      } else {
        t.equal(opened.status, 401, label)
        const { code } = JSON.parse(opened.body) as { code: string }
        t.equal(code, kind === 'expired' ? 'FRT_ERR_CREDENTIAL_EXPIRED' : 'FRT_ERR_UNAUTHENTICATED', label)
      }
    }
  }
})

void t.test('a token of any family opens with its own key', async (t) => {
  for (const [alg, jwt, key] of [
    ['HS256', { secret }, secret], ['HS384', { secret }, secret], ['HS512', { secret }, secret],
    ['RS256', { publicKey: spki }, rsa.privateKey], ['PS512', { publicKey: spki }, rsa.privateKey],
    ['ES256', { publicKey: pem(ec.publicKey) }, ec.privateKey], ['EdDSA', { publicKey: pem(ed.publicKey) }, ed.privateKey]
  ] as const) {
    const { app } = await server(t, { jwt })
    const response = await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ alg, key })}` } })
    t.same(response.json(), { id: 'ada' }, alg)
  }
})

void t.test('issuer and audience must be there when they are asked for', async (t) => {
  const { app } = await server(t, { jwt: { secret, issuer: 'https://issuer.example.com', audience: ['chat', 'shop'] } })
  const status = async (change: object) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), ...change } })}` } })).statusCode
  const iss = 'https://issuer.example.com'
  t.equal(await status({ iss, aud: 'chat' }), 200)
  t.equal(await status({ iss, aud: ['other', 'shop'] }), 200)
  t.equal(await status({ iss }), 401)
  t.equal(await status({ aud: 'chat' }), 401)
  t.equal(await status({ iss, aud: 'other' }), 401)
  t.equal(await status({ iss: `${iss}.evil.com`, aud: 'chat' }), 401)
})

void t.test('a tolerance forgives that much and no more', async (t) => {
  const { app } = await server(t, { jwt: { secret, clockTolerance: 30_000 } })
  const status = async (change: object) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), ...change } })}` } })).statusCode
  t.equal(await status({ exp: seconds(-10) }), 200)
  t.equal(await status({ exp: seconds(-40) }), 401)
  t.equal(await status({ nbf: seconds(10) }), 200)
  t.equal(await status({ nbf: seconds(40) }), 401)
})

void t.test('a key that is being replaced is good until its date', async (t) => {
  const { app } = await server(t, {
    jwt: { secret, previous: [{ publicKey: pem(ec.publicKey), until: Date.now() + 60_000 }, { publicKey: spki, until: new Date(0) }] }
  })
  const status = async (made: string) => (await app.inject({ url: '/me', headers: { authorization: `Bearer ${made}` } })).statusCode
  t.equal(await status(token()), 200)
  t.equal(await status(token({ alg: 'ES256', key: ec.privateKey })), 200)
  t.equal(await status(valid()), 401)
  t.equal(await status(token({ claims: { ...goodClaims(), exp: seconds(-1) } })), 401)
})

void t.test('a token that comes again is read as it was, whatever the app did to its claims', async (t) => {
  const { app } = await server(t, { jwt: { secret, clockTolerance: 1_000, principal: (claims) => Object.assign(claims, { id: String(claims.sub), sub: 'eve' }) } })
  const get = async (made: string) => (await app.inject({ url: '/me', headers: { authorization: `Bearer ${made}` } }))
  const made = token()
  for (let turn = 0; turn < 3; turn++) t.equal((await get(made)).json<{ id: string }>().id, 'ada')
  const soon = token({ claims: { ...goodClaims(), nbf: seconds(2) } })
  t.equal((await get(soon)).statusCode, 401)
  // The verifier asks the system's own clock.
  await new Promise((resolve) => { setTimeout(resolve, 1_100) })
  t.equal((await get(soon)).statusCode, 200, 'a refusal is not remembered')
})

void t.test('the principal may be made by the app', async (t) => {
  const { app } = await server(t, { jwt: { secret, principal: ({ email }) => typeof email === 'string' ? { id: email } : null } })
  const get = (claims: object) => app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), ...claims } })}` } })
  t.same((await get({ email: 'ada@example.com' })).json(), { id: 'ada@example.com' })
  t.equal((await get({})).statusCode, 401)
})

void t.test('the app\'s own @fastify/jwt works before and after', async (t) => {
  const { default: fastifyJwt } = await import('@fastify/jwt')
  for (const moment of ['before', 'after'] as const) {
    const { app } = await server(t, { jwt: { secret } }, { [moment]: (app: { register (plugin: unknown, options: object): unknown }) => app.register(fastifyJwt, { secret: 'mine' }) })
    const made = app.jwt.sign({ mine: true })
    t.match(app.jwt.verify(made), { mine: true })
    t.notOk('realtime0' in app.jwt)
    t.equal((await app.inject({ url: '/me', headers: { authorization: `Bearer ${token()}` } })).statusCode, 200)
    t.equal((await app.inject({ url: '/me', headers: { authorization: `Bearer ${made}` } })).statusCode, 401)
  }
})
