import t from 'tap'
import { Manners } from '../src/manners.ts'

const rate = { burst: 2, perMillisecond: 0.001 }

t.test('each kind has a bucket of its own', async (t) => {
  const manners = new Manners({ messageRate: rate, byteRate: rate, pingRate: rate, errorRate: rate })
  t.equal(manners.wait(0), 0)
  t.same([1, 2, 3].map(() => manners.message(0)), [true, true, false])
  t.ok(manners.bytes(0, 5))
  t.notOk(manners.bytes(0, 5))
  t.ok(manners.wait(0) >= 3_000, 'the longer wait counts')
  t.same([1, 2, 3].map(() => manners.control(0)), [true, true, false])
  t.same([1, 2, 3].map(() => manners.error(0)), [true, true, false])
})

t.test('what is switched off lets everything pass', async (t) => {
  const manners = new Manners({ messageRate: false, byteRate: false, pingRate: false, errorRate: false })
  for (let at = 0; at < 100; at++) t.ok(manners.message(0) && manners.bytes(0, 1_000) && manners.control(0) && manners.error(0))
  t.equal(manners.wait(0), 0)
})
