import type { Connection } from '@fastify-realtime/connection-pool'
import t from 'tap'
import { Enforcement } from '../src/enforcement.ts'
import { Grants } from '../src/grant.ts'
import { Lifetimes } from '../src/lifetimes.ts'
import { Revocations } from '../src/revocations.ts'
import { manualClock } from './support/clock.ts'

function setup () {
  const clock = manualClock()
  const grants = new Grants()
  const revocations = new Revocations(clock)
  const lifetimes = new Lifetimes(grants, clock, false, () => {})
  const pool = Object.assign([] as Connection[], { byPrincipal: () => [] })
  const enforcement = new Enforcement({ pool, grants, revocations, lifetimes, revoked: () => {} })
  const grant = { principal: { id: 'ada' }, tokenId: 'one', issuedAt: clock.time(), expiresAt: clock.time() + 1_000 }
  const connection = { principal: enforcement.admit(grant), state: 'open', codec: null, close: () => {} } as unknown as Connection
  return { clock, revocations, lifetimes, enforcement, grant, connection }
}

void t.test('a fresh credential that was revoked meanwhile renews nothing', async (t) => {
  const { clock, connection, enforcement, grant, revocations, lifetimes } = setup()
  revocations.add({ tokenId: 'two', until: clock.time() + 500 })
  t.throws(() => enforcement.renew(connection, { ...grant, tokenId: 'two' }), { message: 'credential invalid' })
  t.equal(lifetimes.size, 0)
})

void t.test('a connection that has left meanwhile is not watched again', async (t) => {
  const { connection, enforcement, grant, lifetimes } = setup()
  for (const state of ['closing', 'closed']) {
    t.throws(() => enforcement.renew({ ...connection, state } as Connection, grant), { message: 'credential invalid' })
  }
  t.throws(() => enforcement.renew({ ...connection, principal: null }, grant), { message: 'credential invalid' })
  t.equal(lifetimes.size, 0)
  enforcement.renew(connection, grant)
  t.equal(lifetimes.size, 1)
})
