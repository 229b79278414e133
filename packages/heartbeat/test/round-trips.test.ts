import t from 'tap'
import { ROUND_TRIP_BOUNDS, RoundTrips } from '../src/round-trips.ts'

void t.test('round trips are counted in cumulative buckets', async t => {
  const roundTrips = new RoundTrips()
  for (const milliseconds of [0.2, 1, 1.1, 40, 9_999, 60_000]) roundTrips.observe(milliseconds)
  const { count, sum, buckets } = roundTrips.snapshot()
  t.equal(count, 6)
  t.equal(Math.round(sum * 10), 700_413)
  t.equal(buckets.length, ROUND_TRIP_BOUNDS.length + 1)
  t.same(buckets.filter(({ le }) => [1, 2.5, 50, 5_000, 10_000, Infinity].includes(le)).map(bucket => bucket.count),
    [2, 3, 4, 4, 5, 6])
})

void t.test('nothing measured yet is all zero', async t => {
  const { count, sum, buckets } = new RoundTrips().snapshot()
  t.equal(count, 0)
  t.equal(sum, 0)
  t.ok(buckets.every(bucket => bucket.count === 0))
})
