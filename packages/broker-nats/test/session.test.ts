import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { Session } from '../src/session.ts'
import { FakeConnection } from './fake-connection.ts'

interface Parts {
  readonly connection: FakeConnection
  readonly session: Session
  readonly states: boolean[]
  readonly lost: () => number
  /** Runs the timers that wait. */
  readonly fire: () => void
  readonly timers: () => number
}

function build (prepare: () => Promise<void>): Parts {
  const connection = new FakeConnection()
  const states: boolean[] = []
  const timers = new Set<() => void>()
  let lost = 0
  const clock: Clock = {
    ...systemClock,
    setTimeout (callback) {
      timers.add(callback)
      return callback
    },
    clearTimeout: (timer) => { timers.delete(timer as () => void) }
  }
  const session = new Session({ connection, clock, prepare, lost: () => { lost++ }, state: (up) => states.push(up) })
  return {
    connection,
    session,
    states,
    lost: () => lost,
    fire () {
      for (const callback of timers) {
        timers.delete(callback)
        callback()
      }
    },
    timers: () => timers.size
  }
}

const turns = (): Promise<unknown> => sleep(5)

void t.test('it is up again when the connection is back and all is prepared', async (t) => {
  let prepared = (): void => {}
  let count = 0
  const { connection, session, states, lost } = build(() => count++ === 0 ? Promise.resolve() : new Promise((resolve) => { prepared = resolve }))
  await session.start()
  t.ok(session.up)
  connection.tell('disconnect')
  connection.tell('reconnecting')
  await turns()
  connection.tell('reconnect')
  await turns()
  t.same([states, lost(), session.up], [[false], 1, false])
  prepared()
  await turns()
  t.same([states, session.up], [[false, true], true])
  session.stop()
  connection.tell('disconnect')
  await turns()
  t.same(states, [false, true], 'after the stop nothing is told')
})

void t.test('a preparation of a connection that broke meanwhile does not count, nor one that failed', async (t) => {
  const waiting: Array<{ resolve: () => void, reject: (error: Error) => void }> = []
  let count = 0
  const { connection, session, states, timers } = build(() => count++ === 0
    ? Promise.resolve()
    : new Promise((resolve, reject) => waiting.push({ resolve, reject })))
  await session.start()
  for (let n = 0; n < 3; n++) {
    connection.tell('disconnect')
    connection.tell('reconnect')
    await turns()
  }
  waiting[0]?.resolve()
  waiting[1]?.reject(new Error('too late'))
  await turns()
  t.same([states, timers()], [[false], 0])
  waiting[2]?.resolve()
  await turns()
  t.same(states, [false, true])
})

void t.test('a preparation that fails is tried again, until the connection breaks or it is stopped', async (t) => {
  let fails = false
  const { connection, session, states, fire, timers } = build(async () => { if (fails) throw new Error('not yet') })
  await session.start()
  fails = true
  session.renew()
  session.renew()
  await turns()
  t.same([states, timers()], [[false], 1])
  fire()
  await turns()
  t.equal(timers(), 1)
  connection.tell('disconnect')
  await turns()
  t.equal(timers(), 0)
  fails = false
  connection.tell('reconnect')
  await turns()
  t.same(states, [false, true])
  fails = true
  session.renew()
  await turns()
  session.stop()
  t.equal(timers(), 0)
})

void t.test('an interruption is told while it is up', async (t) => {
  const { session, states } = build(async () => {})
  session.interrupt()
  t.same(states, [])
  await session.start()
  session.interrupt()
  t.same([states, session.up], [[false, true], true])
  session.stop()
})

void t.test('a start without a connection, or one that is lost at once, fails', async (t) => {
  const closed = build(async () => {})
  closed.connection.closed = true
  await t.rejects(closed.session.start(), { message: 'the connection is closed' })
  const lost = build(async () => {
    lost.connection.tell('disconnect')
    await turns()
  })
  await t.rejects(lost.session.start(), { message: /lost at once/ })
  t.same(lost.states, [])
  lost.session.stop()
})
