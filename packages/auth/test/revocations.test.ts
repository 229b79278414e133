import t from 'tap'
import { Revocations } from '../src/revocations.ts'
import { manualClock } from './support/clock.ts'

function setup () {
  const clock = manualClock(1_000_000)
  const revocations = new Revocations(clock)
  const grant = (id: string, tokenId: string, issuedAt: number) => ({ principal: { id }, tokenId, issuedAt })
  return { clock, revocations, grant }
}

void t.test('a principal is revoked for what was issued before', async (t) => {
  const { clock, revocations, grant } = setup()
  const now = clock.time()
  t.ok(revocations.add({ principal: 'ada', issuedBefore: now, until: now + 1_000 }))
  t.ok(revocations.has(grant('ada', 'x', now - 1)))
  t.notOk(revocations.has(grant('ada', 'x', now)))
  t.notOk(revocations.has(grant('bob', 'x', now - 1)))
})

void t.test('a token is revoked by its id', async (t) => {
  const { clock, revocations, grant } = setup()
  revocations.add({ tokenId: 'one', until: clock.time() + 1_000 })
  t.ok(revocations.has(grant('ada', 'one', clock.time())))
  t.notOk(revocations.has(grant('ada', 'two', clock.time())))
})

void t.test('of two entries for one principal the wider one stands', async (t) => {
  const { clock, revocations, grant } = setup()
  const now = clock.time()
  t.ok(revocations.add({ principal: 'ada', issuedBefore: now, until: now + 1_000 }))
  t.notOk(revocations.add({ principal: 'ada', issuedBefore: now - 500, until: now + 500 }))
  t.ok(revocations.has(grant('ada', 'x', now - 1)))
  t.ok(revocations.add({ principal: 'ada', issuedBefore: now + 10, until: now + 2_000 }))
  clock.advance(1_500)
  t.ok(revocations.has(grant('ada', 'x', now + 9)))
  t.equal(revocations.size, 1)
})

void t.test('the list expires by itself', async (t) => {
  const { clock, revocations, grant } = setup()
  const now = clock.time()
  revocations.add({ tokenId: 'one', until: now + 1_000 })
  revocations.add({ principal: 'ada', issuedBefore: now, until: now + 2_000 })
  t.notOk(revocations.add({ tokenId: 'past', until: now }))
  t.equal(revocations.size, 2)
  clock.advance(1_000)
  t.notOk(revocations.has(grant('bob', 'one', now)))
  clock.advance(1_000)
  t.notOk(revocations.has(grant('ada', 'x', now - 1)))
  t.equal(revocations.size, 0)
  t.equal(clock.timers, 0)
})

void t.test('clearing leaves no timer', async (t) => {
  const { clock, revocations } = setup()
  revocations.add({ tokenId: 'one', until: clock.time() + 1_000 })
  revocations.clear()
  t.equal(revocations.size, 0)
  t.equal(clock.timers, 0)
})

void t.test('a later revocation with a shorter memory does not shorten an earlier one', async (t) => {
  const { clock, revocations, grant } = setup()
  const now = clock.time()
  revocations.add({ principal: 'ada', issuedBefore: now - 500, until: now + 9_000 })
  t.ok(revocations.add({ principal: 'ada', issuedBefore: now, until: now + 1_000 }))
  t.notOk(revocations.add({ principal: 'ada', issuedBefore: now - 100, until: now + 5_000 }))
  clock.advance(5_000)
  t.ok(revocations.has(grant('ada', 'x', now - 501)))
  t.ok(revocations.add({ principal: 'ada', issuedBefore: now - 900, until: now + 20_000 }), 'nor does a longer one with less reach')
  clock.advance(5_000)
  t.ok(revocations.has(grant('ada', 'x', now - 501)))
  clock.advance(20_000)
  t.equal(revocations.size, 0)
})

void t.test('of two entries for one token the longer one stands', async (t) => {
  const { clock, revocations, grant } = setup()
  const now = clock.time()
  revocations.add({ tokenId: 'one', until: now + 1_000 })
  t.notOk(revocations.add({ tokenId: 'one', until: now + 500 }))
  t.ok(revocations.add({ tokenId: 'one', until: now + 2_000 }))
  clock.advance(1_500)
  t.ok(revocations.has(grant('ada', 'one', now)))
})
