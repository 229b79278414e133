import { generateKeyPairSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { resolveOptions } from '../src/options.ts'
import type { AuthOptions } from '../src/options.ts'
import { ec, ed, pem, rsa, secret } from './support/tokens.ts'

const jwt = { secret }
const private512 = generateKeyPairSync('rsa', { modulusLength: 1024 })
const dsa = generateKeyPairSync('x25519')
const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const jwksClient = { getJwk: async () => ({}) }

for (const [why, options] of [
  ['nothing', {}],
  ['two verifications', { jwt, verify: () => null }],
  ['an empty jwt', { jwt: {} }],
  ['a missing secret', { jwt: { secret: undefined } }],
  ['a null secret', { jwt: { secret: null } }],
  ['a secret that is a number', { jwt: { secret: 7 } }],
  ['an empty secret', { jwt: { secret: '' } }],
  ['an empty buffer', { jwt: { secret: Buffer.alloc(0) } }],
  ['a short secret', { jwt: { secret: 'x'.repeat(31) } }],
  ['a public key as secret', { jwt: { secret: pem(rsa.publicKey) } }],
  ['a JWK as secret', { jwt: { secret: JSON.stringify(rsa.publicKey.export({ format: 'jwk' })) } }],
  ['a JWKS as secret', { jwt: { secret: JSON.stringify({ keys: [ec.publicKey.export({ format: 'jwk' })] }) } }],
  ['two keys', { jwt: { secret, publicKey: pem(rsa.publicKey) } }],
  ['an empty public key', { jwt: { publicKey: '' } }],
  ['a null public key', { jwt: { publicKey: null } }],
  ['a public key that is a number', { jwt: { publicKey: 7 } }],
  ['a private key', { jwt: { publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) } }],
  ['a weak RSA key', { jwt: { publicKey: pem(private512.publicKey) } }],
  ['a key of another kind', { jwt: { publicKey: pem(dsa.publicKey) } }],
  ['a curve that JWTs do not use', { jwt: { publicKey: pem(koblitz.publicKey) } }],
  ['an algorithm that does not fit', { jwt: { secret, algorithms: ['RS256'] } }],
  ['no algorithm', { jwt: { secret, algorithms: [] } }],
  ['a secret that is too short for the algorithm', { jwt: { secret: 'x'.repeat(32), algorithms: ['HS512'] } }],
  ['a previous key without a date', { jwt: { secret, previous: [{ secret: randomBytes(32) }] } }],
  ['a previous key that is short', { jwt: { secret, previous: [{ secret: 'x', until: 1 }] } }],
  ['an empty issuer', { jwt: { secret, issuer: '' } }],
  ['a list without issuers', { jwt: { secret, issuer: [] } }],
  ['an audience that is a number', { jwt: { secret, audience: 7 } }],
  ['a tolerance without a bound', { jwt: { secret, clockTolerance: 60_001 } }],
  ['a tolerance that is infinite', { jwt: { secret, clockTolerance: Infinity } }],
  ['a negative tolerance', { jwt: { secret, clockTolerance: -1 } }],
  ['jwks without a client', { jwt: { jwks: { domain: 'https://issuer.example.com' } } }],
  ['jwks that is null', { jwt: { jwks: null } }],
  ['jwks without an issuer', { jwt: { jwks: { client: jwksClient, domain: 'issuer' } } }],
  ['jwks with an odd timeout', { jwt: { jwks: { client: jwksClient, domain: 'https://issuer.example.com', timeout: 0 } } }],
  ['an origin with a path', { jwt, origins: ['https://app.example.com/'] }],
  ['an origin in upper case', { jwt, origins: ['https://APP.example.com'] }],
  ['a wildcard origin', { jwt, origins: ['*'] }],
  ['the null origin', { jwt, origins: ['null'] }],
  ['a cookie without a name', { jwt, cookie: { name: '' } }],
  ['a cookie that is null', { jwt, cookie: null }],
  ['tickets for ever', { jwt, ticketTtl: Infinity }],
  ['a warning of 0', { jwt, warnBefore: 0 }],
  ['an age that is not a number', { jwt, maxAge: NaN }],
  ['a timeout as text', { jwt, timeout: '5s' }],
  ['failures without a window', { jwt, failures: { max: 3 } }],
  ['failures of 0', { jwt, failures: { max: 0, timeWindow: 1_000 } }]
] as const) {
  void t.test(`${why} refuses to boot`, async (t) => {
    t.throws(() => resolveOptions(options as unknown as AuthOptions), { code: 'FRT_ERR_AUTH_OPTION' })
  })
}

void t.test('an error never repeats a secret', async (t) => {
  try {
    resolveOptions({ jwt: { secret: 'CANARY' } })
    t.fail('should refuse')
  } catch (error) {
    t.notMatch(String((error as Error).stack), /CANARY/)
  }
})

void t.test('defaults are as documented', async (t) => {
  const options = resolveOptions({ jwt, warnBefore: undefined } as unknown as AuthOptions)
  t.ok(Object.isFrozen(options))
  t.match(options, {
    ticketTtl: 30_000, warnBefore: 60_000, maxAge: 2_592_000_000, timeout: 4_500, tellBrowsers: true,
    allowQueryToken: false, cookie: false, certificate: false, failures: { max: 20, timeWindow: 60_000 }
  })
  t.equal(options.origins, undefined)
})

void t.test('what is off stays off', async (t) => {
  t.match(resolveOptions({ jwt, ticketTtl: false, warnBefore: false, failures: false }),
    { ticketTtl: false, warnBefore: false, failures: false })
})

void t.test('a key verifies only what it is strong enough for', async (t) => {
  const algorithms = (jwt: AuthOptions['jwt']) => resolveOptions({ jwt } as AuthOptions).jwt?.keys[0]?.algorithms
  t.same(algorithms({ secret: 'x'.repeat(32) }), ['HS256'])
  t.same(algorithms({ secret: randomBytes(48) }), ['HS256', 'HS384'])
  t.same(algorithms({ secret: randomBytes(64) }), ['HS256', 'HS384', 'HS512'])
  t.same(algorithms({ publicKey: pem(rsa.publicKey), algorithms: ['RS256', 'ES256'] }), ['RS256'])
  t.same(algorithms({ publicKey: Buffer.from(pem(ec.publicKey)) }), ['ES256'])
  t.same(algorithms({ publicKey: pem(ed.publicKey) }), ['EdDSA'])
  t.same(algorithms({ publicKey: rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString() })?.length, 6)
})

void t.test('everything that may be given is taken', async (t) => {
  const options = resolveOptions({
    jwt: {
      secret,
      issuer: 'https://issuer.example.com',
      audience: ['a', 'b'],
      clockTolerance: 5_000,
      previous: [{ publicKey: pem(ec.publicKey), until: new Date(5) }]
    },
    origins: ['https://app.example.com', 'capacitor://localhost'],
    cookie: { name: 'token' }
  })
  t.same(options.jwt?.issuer, ['https://issuer.example.com'])
  t.same(options.jwt?.audience, ['a', 'b'])
  t.equal(options.jwt?.keys[1]?.until, 5)
  t.ok(options.origins?.has('capacitor://localhost'))
  t.equal(resolveOptions({ jwt: { jwks: { client: jwksClient, domain: 'https://i.example.com' } } }).jwt?.jwks?.timeout, 4_000)
})
