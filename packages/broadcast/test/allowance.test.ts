import { fakeClock } from '@fastify-realtime/testing'
import { test } from 'tap'
import { Allowance } from '../src/allowance.ts'
import { FakeConnection } from './model/fake-connection.ts'

test('a connection may subscribe in a burst and then at the rate', (t) => {
  const clock = fakeClock()
  const allowance = new Allowance({ max: 20, burst: 3 }, clock)
  const [one, other] = [new FakeConnection().self, new FakeConnection().self]
  for (let n = 0; n < 3; n++) allowance.take(one)
  t.throws(() => allowance.take(one), { code: 'rate-limited', retry: true, details: { retryAfter: 50 } })
  allowance.take(other)
  clock.advance(50)
  allowance.take(one)
  t.throws(() => allowance.take(one), { code: 'rate-limited' })
  clock.advance(60_000)
  for (let n = 0; n < 3; n++) allowance.take(one)
  t.throws(() => allowance.take(one), { code: 'rate-limited' })
  t.equal(allowance.size, 1, 'whose bucket is empty is not remembered')
  allowance.forget(one)
  t.equal(allowance.size, 0)
  t.end()
})

test('what is not needed any more goes a little with each use', (t) => {
  const clock = fakeClock()
  const allowance = new Allowance({ max: 20, burst: 3 }, clock)
  for (let n = 0; n < 10; n++) allowance.take(new FakeConnection().self)
  clock.advance(60_000)
  allowance.take(new FakeConnection().self)
  t.equal(allowance.size, 9)
  allowance.take(new FakeConnection().self)
  t.equal(allowance.size, 8)
  t.end()
})
