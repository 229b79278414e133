import t from 'tap'
import type { ReadToken } from '../src/jwt.ts'
import { SeenTokens } from '../src/seen-tokens.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { goodClaims, secret, seconds, token } from './support/tokens.ts'

function setup () {
  const clock = manualClock()
  const seen = new SeenTokens(clock)
  const verified: string[] = []
  const read = (token: string, life = 1_000): ReadToken => seen.read(token, () => {
    verified.push(token)
    const claims = { sub: token, roles: 'all', iat: 0, exp: 0 }
    return { read: { type: 'jwt', claims, tokenId: token }, until: clock.time() + life }
  })
  return { clock, seen, verified, read }
}

void t.test('a token is verified once, until it or its key ends', async (t) => {
  const { clock, read, verified } = setup()
  t.equal(read('a').tokenId, 'a')
  t.equal(read('a').claims.sub, 'a')
  clock.advance(999)
  read('a')
  t.same(verified, ['a'])
  clock.advance(1)
  read('a')
  t.same(verified, ['a', 'a'])
})

void t.test('what one reader does to the claims no other sees', async (t) => {
  const { read } = setup()
  delete (read('a').claims as { sub?: string }).sub
  t.equal(read('a').claims.sub, 'a')
})

void t.test('a refusal is not remembered', async (t) => {
  const { read, seen, verified } = setup()
  t.throws(() => seen.read('a', () => { throw new Error('refused') }), { message: 'refused' })
  read('a')
  t.same(verified, ['a'])
})

void t.test('a thousand are kept, and the one that was not used for longest goes', async (t) => {
  const { read, verified } = setup()
  for (let n = 0; n < 1_000; n++) read(`t${n}`)
  read('t0')
  read('one more')
  t.equal(verified.length, 1_001)
  read('t0')
  t.equal(verified.length, 1_001)
  read('t1')
  t.equal(verified.length, 1_002)
})

void t.test('a token that was seen ends with the key that it was verified with', async (t) => {
  const clock = manualClock(Date.now())
  const old = 'o'.repeat(32)
  const { app } = await server(t, { jwt: { secret, previous: [{ secret: old, until: clock.time() + 10_000 }] }, clock })
  const ask = async (made: string): Promise<number> => (await app.inject({ url: '/me', headers: { authorization: `Bearer ${made}` } })).statusCode
  const made = token({ key: old })
  t.equal(await ask(made), 200)
  t.equal(await ask(made), 200)
  clock.advance(10_000)
  t.equal(await ask(made), 401)
})

void t.test('a token that was seen ends when it says so, with the tolerance', async (t) => {
  const clock = manualClock(Date.now())
  const { url } = await server(t, { jwt: { secret, clockTolerance: 5_000 }, clock })
  const made = { headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), exp: seconds(10) } })}` } }
  for (const status of [101, 101]) t.equal((await open(url(), made)).status, status)
  clock.jump(12_000)
  t.equal((await open(url(), made)).status, 101)
  clock.jump(4_000)
  t.equal((await open(url(), made)).status, 401)
})
