import { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { Probe } from '../src/probe.ts'
import { Session } from '../src/session.ts'
import { FakeLink } from './fake-link.ts'

/** Keeps the process alive while a test waits for nothing else. */
const clock: Clock = { ...systemClock, setTimeout: (callback, delay) => setTimeout(callback, delay) }

interface Parts {
  readonly session: Session
  readonly commands: FakeLink
  readonly subscriber: FakeLink
  readonly states: boolean[]
  /** The generation at each verification. */
  readonly verified: string[]
}

function build (restore = async (): Promise<void> => {}): Parts {
  const links: FakeLink[] = []
  const states: boolean[] = []
  const verified: string[] = []
  const session: Session = new Session({
    make (events) {
      const link = new FakeLink(events)
      links.push(link)
      return link
    },
    connectTimeout: 50,
    clock,
    restore,
    verify: async () => { verified.push(session.generation) },
    probeChannel: 'probe',
    message () {},
    state: (up) => states.push(up)
  })
  const [commands, subscriber] = links as [FakeLink, FakeLink]
  commands.events.message('ignored', Buffer.alloc(0))
  return { session, commands, subscriber, states, verified }
}

const turns = (): Promise<unknown> => sleep(5)

void t.test('loads the scripts before the first command, and listens to its own probes', async (t) => {
  const { session, commands, subscriber } = build()
  await t.rejects(session.command(['GET', 'k']), { message: /not connected/ })
  await session.start()
  t.same(commands.calls, ['connect', 'SCRIPT', 'SCRIPT', 'SCRIPT', 'INFO'])
  t.same(subscriber.calls, ['connect', 'subscribe exact probe'])
  t.equal(session.generation, 'aof')
  await session.stop()
  await t.rejects(session.command(['GET', 'k']), { message: /stopped/ })
})

void t.test('without an append-only file the generation is that of the server process', async (t) => {
  const { session, commands } = build()
  commands.answer = async () => Buffer.from('run_id:abc\r\naof_enabled:0\r\n')
  await session.start()
  t.equal(session.generation, 'abc')
  const other = build()
  other.commands.answer = async () => Buffer.from('')
  await other.session.start()
  t.equal(other.session.generation, 'unknown')
})

void t.test('what was acknowledged is looked for whenever Redis is another process, before it is up', async (t) => {
  const { session, commands, verified, states } = build()
  let run = 'one'
  commands.answer = async () => Buffer.from(`run_id:${run}\r\naof_enabled:0\r\n`)
  await session.start()
  const reconnect = async (): Promise<void> => {
    commands.down()
    commands.up()
    await turns()
  }
  await reconnect()
  t.same(verified, ['one'])
  run = 'two'
  await reconnect()
  t.same(verified, ['one', 'two'])
  t.equal(states.at(-1), true)
})

void t.test('it is up while both connections stand and are prepared again', async (t) => {
  let restored = (): void => {}
  const { session, commands, subscriber, states } = build(() => states.length === 0
    ? Promise.resolve()
    : new Promise((resolve) => { restored = resolve }))
  await session.start()
  subscriber.down()
  commands.down()
  t.same(states, [false])
  commands.up()
  subscriber.up()
  await turns()
  t.same(states, [false], 'subscriptions are not back yet')
  restored()
  await turns()
  t.same(states, [false, true])
})

void t.test('a preparation of a connection that broke meanwhile does not count', async (t) => {
  const waiting: Array<() => void> = []
  const { session, subscriber, states } = build(() => states.length === 0
    ? Promise.resolve()
    : new Promise((resolve) => waiting.push(resolve)))
  await session.start()
  subscriber.down()
  subscriber.up()
  await turns()
  subscriber.down()
  subscriber.up()
  await turns()
  waiting[0]?.()
  await turns()
  t.same(states, [false])
  waiting[1]?.()
  await turns()
  t.same(states, [false, true])
})

void t.test('a connection that cannot be prepared is taken anew', async (t) => {
  const { session, commands } = build()
  await session.start()
  commands.answer = async () => { throw new Error('LOADING') }
  commands.down()
  commands.up()
  await turns()
  t.equal(commands.calls.at(-1), 'reset')
  commands.down()
  commands.up()
  commands.ready = false
  await turns()
  t.equal(commands.calls.filter((call) => call === 'reset').length, 1)
})

void t.test('a start that takes too long, or is lost at once, fails', async (t) => {
  const slow = build()
  slow.subscriber.connect = () => new Promise(() => {})
  await t.rejects(slow.session.start(), { message: 'not connected within 50 ms' })
  slow.session.abort()
  t.equal(slow.commands.calls.at(-1), 'abort')
  const lost = build()
  lost.subscriber.onSubscribe(async () => lost.subscriber.down())
  await t.rejects(lost.session.start(), { message: /lost at once/ })
})

void t.test('a subscribing connection that does not hear its node is taken anew', async (t) => {
  const { session, commands, subscriber } = build()
  await session.start()
  const probe = new Probe(session, 'probe', { probeInterval: 10, sharded: false, clock })
  probe.start()
  commands.answer = async () => {
    probe.heard()
    return 1
  }
  await sleep(60)
  t.notOk(subscriber.calls.includes('reset'), 'it hears')
  commands.answer = async () => { throw new Error('away') }
  await sleep(60)
  t.notOk(subscriber.calls.includes('reset'), 'what was not sent cannot be heard')
  commands.answer = async () => 1
  await sleep(60)
  t.ok(subscriber.calls.includes('reset'), 'it is deaf')
  subscriber.ready = false
  const { length } = subscriber.calls
  await sleep(60)
  t.equal(subscriber.calls.length, length, 'one that is away anyway is left alone')
  probe.stop()
  const silent = new Probe(session, 'probe', { probeInterval: false, sharded: false, clock })
  silent.start()
  silent.stop()
})
