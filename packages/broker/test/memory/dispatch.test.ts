import t from 'tap'
import type { BrokerRecord } from '../../src/index.ts'
import { Dispatch } from '../../src/memory/dispatch.ts'

function record (id: string): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id, time: 1, payload: 'x' }
}

function receiver (): { readonly got: string[], deliver (record: BrokerRecord): void } {
  const got: string[] = []
  return { got, deliver (delivered) { got.push(delivered.id) } }
}

void t.test('what was published before the subscription does not come', async (t) => {
  const dispatch = new Dispatch()
  const node = receiver()
  dispatch.deliver(record('before'))
  dispatch.add('c', 't', node)
  dispatch.deliver(record('after'))
  t.same(node.got, [])
  await dispatch.settled()
  t.same(node.got, ['after'])
})

void t.test('nodes that answer each other for ever leave the event loop its turns', async (t) => {
  const dispatch = new Dispatch()
  let answers = 0
  let going = true
  const node = {
    deliver () {
      answers++
      if (going) dispatch.deliver(record('again'))
    }
  }
  dispatch.add('c', 't', node)
  dispatch.deliver(record('first'))
  // Each of these comes only when the loop gets its turn.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.ok(answers > 1)
  going = false
  await dispatch.settled()
  dispatch.forget(node)
  dispatch.remove('c', 't', node)
  t.equal(dispatch.interests, 0)
  await dispatch.settled()
})

void t.test('interests are forgotten one by one', async (t) => {
  const dispatch = new Dispatch()
  const [a, b] = [receiver(), receiver()]
  for (const node of [a, b]) dispatch.add('c', 't', node)
  dispatch.remove('c', 't', a)
  t.equal(dispatch.interests, 1)
  dispatch.remove('c', 't', b)
  t.equal(dispatch.interests, 0)
})
