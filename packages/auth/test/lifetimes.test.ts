import { jsonCodec } from '@fastify-realtime/protocol'
import type { CloseReason, Codec, Envelope, Principal } from '@fastify-realtime/protocol'
import t from 'tap'
import { Grants } from '../src/grant.ts'
import { Lifetimes } from '../src/lifetimes.ts'
import type { Mortal } from '../src/lifetimes.ts'
import { manualClock } from './support/clock.ts'

function setup (warnBefore: number | false = 60_000) {
  const clock = manualClock()
  const grants = new Grants()
  const expired: string[] = []
  const lifetimes = new Lifetimes(grants, clock, warnBefore, ({ id }) => expired.push(id))
  function connect (life: number, codec: Codec | null = jsonCodec) {
    const told: Array<Envelope | CloseReason> = []
    const principal = grants.admit({ principal: { id: 'ada' }, tokenId: 'x', issuedAt: clock.time(), expiresAt: clock.time() + life })
    const connection: Mortal = {
      principal,
      codec,
      state: 'open',
      sendEnvelope: (envelope) => { told.push(envelope); return 'sent' },
      close: (reason) => told.push(reason)
    }
    lifetimes.watch(connection)
    return { connection, told, principal: principal as Principal }
  }
  return { clock, grants, lifetimes, expired, connect }
}

void t.test('a connection is warned, and closed with 4004 when its credential ends', async (t) => {
  const { clock, connect, expired } = setup()
  const { told } = connect(600_000)
  const at = clock.time() + 600_000
  clock.advance(539_999)
  t.same(told, [])
  clock.advance(1)
  t.same(told, [{ type: 'expiring', at }])
  clock.advance(60_000)
  t.match(told[1], { code: 4004 })
  t.same(expired, ['ada'])
})

void t.test('a short life is warned of at half time', async (t) => {
  const { clock, connect } = setup()
  const { told } = connect(10_000)
  clock.advance(4_999)
  t.equal(told.length, 0)
  clock.advance(1)
  t.equal(told.length, 1)
  clock.advance(5_000)
  t.match(told[1], { code: 4004 })
})

void t.test('a credential of 60 days ends after 60 days', async (t) => {
  const { clock, connect } = setup(false)
  const { told } = connect(60 * 86_400_000)
  clock.advance(60 * 86_400_000 - 1)
  t.same(told, [])
  clock.advance(1)
  t.match(told[0], { code: 4004 })
})

void t.test('one timer serves all connections, and none is left without them', async (t) => {
  const { clock, connect, lifetimes } = setup()
  const all = Array.from({ length: 1_000 }, (_, index) => connect(100_000 + index))
  t.equal(clock.timers, 1)
  for (const { connection } of all) lifetimes.forget(connection)
  t.equal(clock.timers, 0)
  t.equal(lifetimes.size, 0)
})

void t.test('a renewed credential moves the end and warns again', async (t) => {
  const { clock, connect, grants, lifetimes } = setup()
  const { connection, told, principal } = connect(600_000)
  clock.advance(550_000)
  t.equal(told.length, 1)
  grants.renew(principal, { principal: { id: 'ada' }, tokenId: 'y', issuedAt: 0, expiresAt: clock.time() + 600_000 })
  lifetimes.watch(connection)
  clock.advance(100_000)
  t.equal(told.length, 1)
  clock.advance(500_000)
  t.match(told, [{ type: 'expiring' }, { type: 'expiring' }, { code: 4004 }])
})

void t.test('a raw connection gets no envelope', async (t) => {
  const { clock, connect } = setup()
  const { told } = connect(10_000, null)
  clock.advance(10_000)
  t.match(told, [{ code: 4004 }])
})

void t.test('what has ended already is closed at once', async (t) => {
  const { clock, connect } = setup()
  const { told } = connect(-5)
  clock.advance(0)
  t.match(told, [{ code: 4004 }])
})

void t.test('a principal from elsewhere and an anonymous connection live on', async (t) => {
  const { clock, lifetimes, connect } = setup()
  const { connection } = connect(1)
  lifetimes.forget(connection)
  lifetimes.watch({ ...connection, principal: null })
  lifetimes.watch({ ...connection, principal: { id: 'elsewhere' } })
  t.equal(lifetimes.size, 0)
  connect(5)
  lifetimes.clear()
  t.equal(clock.timers, 0)
})
