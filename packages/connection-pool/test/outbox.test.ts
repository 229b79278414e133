import fc from 'fast-check'
import t from 'tap'
import { Backlog } from '../src/backlog.ts'
import type { Burdened } from '../src/backlog.ts'
import { Compressor } from '../src/compressor.ts'
import type { Overflow } from '../src/contract.ts'
import { Flusher } from '../src/flusher.ts'
import { FinishedFrame, PING } from '../src/frame.ts'
import { Outbox } from '../src/outbox.ts'
import type { OutboxLimits } from '../src/outbox.ts'
import { FakeSink } from './fake-sink.ts'

interface Given extends Partial<OutboxLimits> {
  readonly maxPressure?: number
  readonly compressor?: Compressor
  readonly writableHighWaterMark?: number
}

function outbox ({ softMark = 100, maxBytes = 300, overflow = 'disconnect', maxPressure = 10_000, compressor, writableHighWaterMark = 1 }: Given = {}) {
  const sink = new FakeSink()
  sink.writableHighWaterMark = writableHighWaterMark
  const turns: Array<() => void> = []
  const told: string[] = []
  const backlog = new Backlog<Burdened>(maxPressure)
  const box: Outbox = new Outbox({
    sink, backlog, compressor, flusher: new Flusher((end) => turns.push(end), (end) => turns.push(end)), limits: { softMark, maxBytes, overflow },
    owner: {
      pressed: (bytes) => told.push(`pressed ${bytes}`),
      overflowed: () => { told.push('overflowed'); box.discard() },
      evicted: () => told.push('evicted')
    }
  })
  const turn = (): void => { while (turns.length > 0) turns.shift()?.() }
  return { sink, box, told, turn, backlog, send: (text: string, policy?: Overflow) => box.send(new FinishedFrame(text), policy) }
}

/** 50 bytes on the wire. */
const text = (name: string): string => name.padEnd(48, '.')
const names = (written: string): string => written.replaceAll(/[^a-z]/g, '')

t.test('what one turn brings leaves in one write', async (t) => {
  const { sink, send, turn, box } = outbox()
  t.equal(send('a'), 'sent')
  t.equal(send('b'), 'sent')
  t.equal(sink.written, '')
  turn()
  t.equal(sink.writes.length, 1)
  t.equal(names(sink.written), 'ab')
  t.equal(box.framesSent, 2)
  t.equal(box.bytesSent, 6)
  turn()
  t.equal(sink.writes.length, 1)
})

t.test('a burst to a healthy reader is handed over, not judged', async (t) => {
  const { sink, send, turn, told } = outbox()
  for (let at = 0; at < 100; at++) t.equal(send(text('a')), 'sent')
  turn()
  t.equal(sink.written.length, 5_000)
  t.same(told, [])
})

t.test('above the soft mark frames wait, and follow in order when the socket is empty', async (t) => {
  const { sink, send, turn, told, box, backlog } = outbox()
  sink.healthy = false
  t.same(['a', 'b', 'c', 'd'].map((name) => send(text(name))), ['sent', 'sent', 'queued', 'queued'])
  t.same(told, ['pressed 150'])
  t.ok(box.isWaiting)
  t.equal(box.pressure, 200)
  t.equal(backlog.bytes, 200)
  box.resume()
  t.equal(sink.listeners, 1, 'a full socket is listened to once')
  sink.drain()
  turn()
  t.equal(names(sink.written), 'abcd')
  t.equal(send(text('e')), 'queued', 'full again')
  t.equal(told.length, 2, 'and told again')
  sink.healthy = true
  sink.drain()
  turn()
  t.notOk(box.isWaiting)
  t.equal(names(sink.written), 'abcde')
  t.equal(backlog.bytes, 0)
})

t.test('a soft mark below the socket\'s own would wait for a drain that never comes', async (t) => {
  const { sink, send } = outbox({ softMark: 1, writableHighWaterMark: 100 })
  sink.healthy = false
  t.same(['a', 'b', 'c'].map((name) => send(text(name))), ['sent', 'sent', 'queued'])
})

t.test('what waits in the socket counts on the node, below any mark', async (t) => {
  const { sink, send, turn, backlog } = outbox()
  sink.healthy = false
  send(text('a'))
  turn()
  t.equal(backlog.bytes, 50)
  sink.drain()
  t.equal(backlog.bytes, 0)
})

t.test('at the hard limit each policy does its own', async (t) => {
  const fill = (overflow: OutboxLimits['overflow']) => {
    const made = outbox({ overflow })
    made.sink.healthy = false
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) made.send(text(name), { policy: 'drop-oldest' })
    return made
  }
  const disconnect = fill('disconnect')
  t.equal(disconnect.send(text('x')), 'dropped')
  t.equal(disconnect.told.at(-1), 'overflowed')
  t.equal(disconnect.send(text('y')), 'dropped', 'an ended outbox takes nothing')

  const newest = fill('drop-newest')
  t.equal(newest.send(text('x')), 'dropped')
  newest.sink.healthy = true
  newest.sink.drain()
  newest.turn()
  t.equal(names(newest.sink.written), 'abcdef')
  t.equal(newest.box.framesDropped, 1)

  const oldest = fill('drop-oldest')
  t.equal(oldest.send(text('x')), 'queued')
  oldest.sink.healthy = true
  oldest.sink.drain()
  oldest.turn()
  t.equal(names(oldest.sink.written), 'abdefx', 'what is in the socket cannot be dropped')
})

t.test('only what allows it is ever dropped', async (t) => {
  const { sink, send, turn, told } = outbox()
  sink.healthy = false
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) send(text(name))
  t.equal(send(text('x'), { policy: 'drop-oldest' }), 'dropped')
  sink.healthy = true
  sink.drain()
  turn()
  t.equal(names(sink.written), 'abcdef')
  t.notOk(told.includes('overflowed'))
})

t.test('conflate keeps the newest of each key, behind all that was sent before it', async (t) => {
  const { sink, send, turn, box } = outbox()
  sink.healthy = false
  send(text('a'))
  send(text('b'))
  const price = (key: string) => ({ policy: 'conflate' as const, key })
  for (const [name, key] of [['p', 'one'], ['q', 'two'], ['r', 'one'], ['s', 'one']] as const) t.equal(send(text(name), price(key)), 'queued')
  t.equal(box.framesDropped, 2)
  sink.healthy = true
  sink.drain()
  turn()
  t.equal(names(sink.written), 'abqs')
})

t.test('state that fits no more ends the connection, so that it is read anew', async (t) => {
  const { sink, send, told } = outbox()
  sink.healthy = false
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) send(text(name))
  t.equal(send(text('x'), { policy: 'conflate', key: 'new' }), 'dropped')
  t.equal(told.at(-1), 'overflowed')
  const roomy = outbox()
  roomy.sink.healthy = false
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) roomy.send(text(name), { policy: 'drop-oldest' })
  t.equal(roomy.send(text('x'), { policy: 'conflate', key: 'new' }), 'queued')
  t.equal(roomy.send(text('y'), { policy: 'conflate' }), 'queued', 'without a key there is nothing to replace')
})

t.test('a frame larger than the limit still reaches a reader that has nothing waiting', async (t) => {
  const { send, sink, turn } = outbox()
  t.equal(send('x'.repeat(1_000)), 'sent')
  turn()
  t.ok(sink.written.length > 1_000)
})

t.test('a held outbox lets one frame go first', async (t) => {
  const { send, sink, turn, box } = outbox()
  box.hold()
  t.equal(send('b'), 'queued')
  box.resume()
  t.equal(send('c'), 'queued')
  box.jump(new FinishedFrame('a').plain)
  box.release()
  turn()
  t.equal(names(sink.written), 'abc')
  t.equal(send('d'), 'sent')
  const closed = outbox()
  closed.box.hold()
  closed.send('b')
  closed.box.finish()
  closed.turn()
  t.equal(closed.sink.written, '', 'before the welcome there is nothing to finish')
})

t.test('control frames pass what waits', async (t) => {
  const { send, sink, turn, box } = outbox()
  sink.healthy = false
  for (const name of ['a', 'b', 'c']) send(text(name))
  box.jump(PING)
  turn()
  t.equal(sink.written.slice(-2), '\x89\0')
  box.discard()
  box.jump(PING)
  turn()
  t.equal(sink.writes.length, 2)
})

t.test('finish hands everything over, discard gives it up', async (t) => {
  const { send, sink, box, turn, backlog } = outbox()
  sink.healthy = false
  for (const name of ['a', 'b', 'c', 'd']) send(text(name))
  box.finish()
  t.equal(names(sink.written), 'abcd')
  t.equal(send(text('e')), 'dropped')
  t.ok(backlog.bytes > 0, 'until the socket is gone')
  box.forget()
  t.equal(backlog.size, 0)
  turn()
  t.equal(names(sink.written), 'abcd')
})

t.test('a socket that ended is not written to', async (t) => {
  const { send, sink, turn } = outbox()
  send('a')
  sink.writable = false
  turn()
  t.equal(sink.written, '')
})

t.test('beyond the limit of the node the largest is evicted', async (t) => {
  const { send, sink, told, turn } = outbox({ maxPressure: 120 })
  sink.healthy = false
  for (const name of ['a', 'b', 'c']) send(text(name))
  t.same(told.filter((what) => what === 'evicted'), ['evicted'])
  turn()
  t.equal(send(text('d')), 'dropped')
})

t.test('behind a frame that is being compressed everything waits its turn', async (t) => {
  const compressor = new Compressor({ threshold: 10, offTurn: 200, level: 3 })
  const { send, sink, box } = outbox({ compressor, softMark: 10_000, maxBytes: 20_000 })
  t.equal(send('small'), 'sent')
  t.equal(send('large '.repeat(100)), 'queued')
  t.equal(send('large '.repeat(100)), 'queued')
  t.equal(send('behind'), 'queued')
  while (box.isWaiting) await new Promise(setImmediate)
  box.share()
  const order = [...sink.written.matchAll(/small|behind/g)].map(([word]) => word)
  t.same(order, ['small', 'behind'])
  t.ok(sink.written.split('\xc1').length > 2)
})

t.test('whatever is sent and drained, a reader gets it in order and holds no more than its limit', async () => {
  const act = fc.oneof(fc.constant('drain' as const), fc.constant('turn' as const), fc.record({
    size: fc.nat({ max: 80 }), policy: fc.constantFrom('drop-newest' as const, 'drop-oldest' as const, 'conflate' as const), key: fc.constantFrom('a', 'b')
  }))
  fc.assert(fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
    const { box, sink, turn } = outbox({ overflow: 'drop-newest' })
    sink.healthy = false
    let sequence = 0
    for (const one of acts) {
      if (one === 'drain') sink.drain()
      else if (one === 'turn') turn()
      else box.send(new FinishedFrame(`<${String(sequence++).padStart(4, '0')}>${'.'.repeat(one.size)}`), one)
      if (box.pressure > 300) return false
    }
    for (let at = 0; at < 20; at++) { sink.drain(); turn() }
    const order = [...sink.written.matchAll(/<(\d{4})>/g)].map(([, number]) => Number(number))
    return order.every((number, at) => at === 0 || number > (order[at - 1] as number))
  }))
})
