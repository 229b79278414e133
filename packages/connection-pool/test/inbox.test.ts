import type { Message } from '@fastify-realtime/protocol'
import fc from 'fast-check'
import t from 'tap'
import { Inbox } from '../src/inbox.ts'

interface Running {
  readonly type: string
  readonly done: () => void
}

function inbox ({ concurrency = 1, maxQueued = 8, sync = false, fail = false } = {}) {
  const started: string[] = []
  const running: Running[] = []
  const flow: string[] = []
  const broken: unknown[] = []
  const box = new Inbox({
    handle (message: Message): void | Promise<void> {
      started.push(message.type)
      if (sync) return undefined
      if (fail) return Promise.reject(new Error(message.type))
      return new Promise((resolve) => {
        const entry = { type: message.type, done: () => { running.splice(running.indexOf(entry), 1); resolve() } }
        running.push(entry)
      })
    },
    broken: (error) => { broken.push(error) },
    pause: () => { flow.push('pause') },
    resume: () => { flow.push('resume') }
  }, { concurrency, maxQueued })
  return { box, started, running, flow, broken, put: (...types: string[]) => types.map((type) => box.put({ type })) }
}

const settle = (): Promise<void> => new Promise(setImmediate)

t.test('nothing is handled before it opens, and then in order', async (t) => {
  const { box, started, put } = inbox({ sync: true })
  put('a', 'b')
  t.same(started, [])
  box.open()
  t.same(started, ['a', 'b'])
  put('c')
  t.same(started, ['a', 'b', 'c'])
})

t.test('a promise keeps the next message waiting', async (t) => {
  const { box, started, running, put } = inbox()
  box.open()
  put('a', 'b', 'c')
  t.same(started, ['a'])
  running[0]?.done()
  await settle()
  t.same(started, ['a', 'b'])
})

t.test('a message whose handling failed is told of, and the next one is handled', async (t) => {
  const { box, started, broken, put } = inbox({ fail: true })
  box.open()
  put('a', 'b')
  await settle()
  t.same(started, ['a', 'b'])
  t.match(broken, [{ message: 'a' }, { message: 'b' }])
})

t.test('concurrency handles that many at a time', async (t) => {
  const { box, started, running, put } = inbox({ concurrency: 2 })
  box.open()
  put('a', 'b', 'c')
  t.same(started, ['a', 'b'])
  running[1]?.done()
  await settle()
  t.same(started, ['a', 'b', 'c'])
})

t.test('half full it pauses the socket, full it refuses, and it reads on when a quarter is left', async (t) => {
  const { box, running, put, flow } = inbox()
  box.open()
  t.same(put('run', 'a', 'b', 'c'), [true, true, true, true])
  t.same(flow, [])
  put('d')
  t.same(flow, ['pause'])
  t.ok(box.paused)
  t.same(put('e', 'f', 'g', 'h', 'i'), [true, true, true, true, false])
  for (let at = 0; at < 5; at++) {
    running[0]?.done()
    await settle()
  }
  t.same(flow, ['pause'])
  running[0]?.done()
  await settle()
  t.same(flow, ['pause', 'resume'])
  t.notOk(box.paused)
})

t.test('idle is told once, when nothing runs and nothing waits', async (t) => {
  const { box, running, put } = inbox()
  let idle = 0
  box.open()
  box.whenIdle(() => { idle++ })
  t.equal(idle, 1, 'at once')
  put('a', 'b')
  box.whenIdle(() => { idle++ })
  t.equal(idle, 1)
  running[0]?.done()
  await settle()
  t.equal(idle, 1)
  running[0]?.done()
  await settle()
  t.equal(idle, 2)
  put('c')
  box.whenIdle(() => { idle++ })
  box.discard()
  running[0]?.done()
  await settle()
  t.equal(idle, 2, 'a gone connection tells nobody')
})

t.test('whatever settles when, messages start in order and never more than allowed at a time', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (steps, concurrency) => {
    const { box, started, running, put } = inbox({ concurrency, maxQueued: 100 })
    box.open()
    let sequence = 0
    for (const arrives of steps) {
      if (arrives) put(String(sequence++))
      else running[0]?.done()
      await Promise.resolve()
      if (running.length > concurrency) return false
    }
    while (running.length > 0) {
      running[0]?.done()
      await settle()
    }
    return started.join() === Array.from({ length: sequence }, (_, at) => at).join()
  }), { numRuns: 50 })
})
