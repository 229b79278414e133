import t from 'tap'
import type { ReadToken } from '../src/jwt.ts'
import { SeenTokens } from '../src/seen-tokens.ts'
import { manualClock } from './support/clock.ts'
import { open, server } from './support/server.ts'
import { goodClaims, secret, seconds, token } from './support/tokens.ts'

const encoded = (sub: string): string => `head.${Buffer.from(JSON.stringify({ sub, rights: ['read'] })).toString('base64url')}`

function setup () {
  const clock = manualClock()
  const seen = new SeenTokens(clock)
  const verified: string[] = []
  const read = (sub: string, signature = 'good', life = 1_000): ReadToken =>
    seen.read(`${encoded(sub)}.${signature}`, (tokenId) => {
      if (signature !== 'good') throw new Error('refused')
      verified.push(sub)
      return { read: { type: 'jwt', claims: { sub, rights: ['read'], iat: 0, exp: 0 }, tokenId }, until: clock.time() + life }
    })
  return { clock, read, verified }
}

void t.test('a token is verified once, until it or its key ends', async (t) => {
  const { clock, read, verified } = setup()
  const { tokenId } = read('a')
  t.match(tokenId, /^[\w-]{43}$/)
  t.match(read('a'), { tokenId, type: 'jwt', claims: { sub: 'a' } })
  clock.advance(999)
  read('a')
  t.same(verified, ['a'])
  clock.advance(1)
  read('a')
  t.same(verified, ['a', 'a'])
})

void t.test('what one reader does to the claims no other sees, however deep', async (t) => {
  const { read } = setup()
  for (let n = 0; n < 3; n++) {
    const { claims } = read('a')
    t.match(claims, { sub: 'a', rights: ['read'] })
    ;(claims['rights'] as string[]).push('write')
    delete (claims as { sub?: string }).sub
  }
})

void t.test('another signature under what was seen is no token that was seen', async (t) => {
  const { read, verified } = setup()
  read('a')
  for (const signature of ['gooe', 'goo', 'goodx', '', '\u0167ood', 'g\u016fod']) t.throws(() => read('a', signature), { message: 'refused' })
  read('a')
  t.same(verified, ['a'])
})

void t.test('a refusal is not remembered', async (t) => {
  const { read, verified } = setup()
  t.throws(() => read('a', 'forged'), { message: 'refused' })
  t.throws(() => read('a', 'forged'), { message: 'refused' })
  read('a')
  t.same(verified, ['a'])
})

void t.test('the last thousand are kept, two thousand at most', async (t) => {
  const { read, verified } = setup()
  const times = (sub: string): number => verified.filter((name) => name === sub).length
  for (let n = 0; n < 1_000; n++) read(`t${n}`)
  for (let n = 0; n < 999; n++) read(`u${n}`)
  read('t0')
  t.equal(times('t0'), 1)
  read('one more')
  read('t0')
  t.equal(times('t0'), 1)
  read('t1')
  t.equal(times('t1'), 2)
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
