import t from 'tap'
import { Acknowledged } from '../src/acknowledged.ts'

void t.test('remembers the newest position of each topic, in whatever order they come', async (t) => {
  const known = new Acknowledged(10)
  known.note('c', 't', { epoch: 'e', offset: 2 })
  known.note('c', 't', { epoch: 'e', offset: 1 })
  known.note('c', 'u', { epoch: 'e', offset: 1 })
  known.note('c', 'u', { epoch: 'f', offset: 0 })
  t.same(known.all(), [
    { channel: 'c', topic: 't', position: { epoch: 'e', offset: 2 } },
    { channel: 'c', topic: 'u', position: { epoch: 'f', offset: 0 } }
  ])
})

void t.test('the topics not heard of for longest go first', async (t) => {
  const known = new Acknowledged(4)
  for (let n = 0; n < 20; n++) {
    known.note('c', String(n), { epoch: 'e', offset: 1 })
    known.note('c', 'busy', { epoch: 'e', offset: n })
    t.ok(known.all().length <= 4)
    t.ok(known.all().some(({ topic, position }) => topic === 'busy' && position.offset === n))
  }
})
