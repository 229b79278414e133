import fc from 'fast-check'
import t from 'tap'
import { LeakyBucket } from '../src/rate.ts'

const rate = { burst: 10, perMillisecond: 0.01 }

t.test('a burst passes, then only the rate', async (t) => {
  const bucket = new LeakyBucket(rate)
  for (let at = 0; at < 10; at++) t.ok(bucket.take(0))
  t.notOk(bucket.take(0))
  t.equal(bucket.wait(0), 101)
  t.notOk(bucket.take(99))
  t.ok(bucket.take(100))
  t.notOk(bucket.take(101))
  t.notOk(bucket.isEmpty(101))
  t.ok(bucket.isEmpty(2_000))
  t.equal(bucket.wait(2_000), 0)
})

t.test('a large amount passes once and is paid for', async (t) => {
  const bucket = new LeakyBucket(rate)
  t.ok(bucket.take(0, 100))
  t.notOk(bucket.take(0, 1))
  const wait = bucket.wait(0)
  t.notOk(bucket.take(wait - 2))
  t.ok(bucket.take(wait))
})

t.test('never more than burst and rate allow passes in any stretch of time', async () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (pauses) => {
    const bucket = new LeakyBucket(rate)
    const passed: number[] = []
    let now = 0
    for (const pause of pauses) {
      now += pause
      if (bucket.take(now)) passed.push(now)
      else if (bucket.take(now + bucket.wait(now)) === false) return false
      else now = now + bucket.wait(now)
    }
    return passed.every((from, first) => passed.slice(first).every((to, count) => count + 1 <= rate.burst + (to - from) * rate.perMillisecond + 0.001))
  }))
})
