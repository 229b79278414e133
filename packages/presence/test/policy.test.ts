import t from 'tap'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { PresenceOptions } from '../src/options.ts'
import { policy } from '../src/policy.ts'

const connection = { id: 'c1' } as Connection
const question = { principal: { id: 'ada' }, topic: 'room:1', connection }

void t.test('nobody may see when nothing says who may', async t => {
  t.equal(await policy(undefined, undefined)(question), false)
})

void t.test('every policy that is there must allow it', async t => {
  const yes = async (): Promise<boolean> => true
  const no = async (): Promise<boolean> => false
  for (const [own, host, expected] of [
    [undefined, yes, true], [undefined, no, false], [yes, undefined, true], [no, undefined, false],
    [yes, yes, true], [yes, no, false], [no, yes, false]
  ] as const) {
    t.equal(await policy(own, host && { can: host })(question), expected)
  }
})

void t.test('anything but true is a refusal', async t => {
  const own = (() => 'yes') as unknown as NonNullable<PresenceOptions['canSee']>
  t.equal(await policy(own, undefined)(question), false)
})

void t.test('broadcast is asked about presence', async t => {
  const asked: unknown[] = []
  await policy(undefined, {
    can: async (...args) => {
      asked.push(...args)
      return true
    }
  })({ ...question, token: 'signed' })
  t.same(asked, [{ id: 'ada' }, 'presence', 'room:1', connection, 'signed'])
})
