import { EventEmitter } from 'node:events'
import { Emitter } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { once, until, within } from '../src/index.ts'

test('once answers the arguments of an event of a Node emitter and leaves no listener', async (t) => {
  const emitter = new EventEmitter()
  const event = once<[number, string]>(emitter, 'thing')
  emitter.emit('thing', 1, 'a')
  t.same(await event, [1, 'a'])
  t.equal(emitter.listenerCount('thing'), 0)
})

test('once answers the arguments of an event of our emitter and leaves no listener', async (t) => {
  const emitter = new Emitter<{ thing: (value: number) => void }>((error) => { throw error })
  const event = once(emitter, 'thing')
  emitter.emit('thing', 2)
  t.same(await event, [2])
  t.equal(emitter.listenerCount('thing'), 0)
})

test('once says which event did not come', async (t) => {
  const emitter = new EventEmitter()
  await t.rejects(once(emitter, 'thing', 1), { message: 'Expected event thing within 1 ms, and it did not come.' })
  t.equal(emitter.listenerCount('thing'), 0)
})

test('within hands on the value or the error of the promise', async (t) => {
  t.equal(await within(Promise.resolve(3), 1_000, 'three'), 3)
  await t.rejects(within(Promise.reject(new Error('no')), 1_000, 'three'), { message: 'no' })
})

test('until waits for a condition and says what it waited for', async (t) => {
  let asked = 0
  await until(() => ++asked === 3)
  t.equal(asked, 3)
  await t.rejects(until(() => false, 'the impossible', 1), { message: 'Expected the impossible within 1 ms, and it did not come.' })
})
