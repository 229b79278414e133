import type { Principal } from '@fastify-realtime/protocol'
import t from 'tap'
import { requires } from '../src/requires.ts'
import { rules } from '../src/rules.ts'
import type { TopicRules } from '../src/rules.ts'
import type { TopicGrant } from '../src/topic-token.ts'
import { manualClock } from './support/clock.ts'

const who = (fields: object): Principal => fields as Principal
const ada = who({ id: 'ada', role: 'operator', scope: 'docs:read docs:write' })
const bob = who({ id: 'bob', roles: ['editor'], scopes: ['docs:read'], tenant: 'acme' })

const { canSubscribe, canPublish, canReadHistory, canSeePresence } = rules({
  'room:*': { subscribe: true, publish: true, history: true, presence: true },
  'room:staff': { subscribe: { role: 'operator' } },
  'user:{principal}': { subscribe: true, history: true },
  'tenant:{principal.tenant}:*': { subscribe: true },
  'doc:*': { subscribe: { scope: 'docs:read' }, publish: { scope: ['docs:read', 'docs:write'] } },
  orders: { subscribe: [{ role: ['operator', 'manager'] }, { scope: 'orders' }] },
  closed: { subscribe: false },
  'price:*': { subscribe: { anonymous: true } },
  'odd:*': { subscribe: { when: ({ topic }) => topic === 'odd:one' } },
  truthy: { subscribe: { when: () => 'yes' as never } },
  'truthy:late': { subscribe: { when: async () => 'yes' as never } }
})

for (const [why, principal, topic, allowed] of [
  ['a room, with any principal', bob, 'room:1', true],
  ['a room, without one', null, 'room:1', false],
  ['the more specific key decides alone', bob, 'room:staff', false],
  ['the more specific key allows', ada, 'room:staff', true],
  ['one\'s own topic', ada, 'user:ada', true],
  ['the topic of another', bob, 'user:ada', false],
  ['a personal topic, without a principal', null, 'user:ada', false],
  ['an id that needs encoding', who({ id: 'a:b*' }), 'user:a%3Ab%2A', true],
  ['an id that would climb', who({ id: 'ada:x' }), 'user:ada:x', false],
  ['one\'s own tenant', bob, 'tenant:acme:42', true],
  ['another tenant', bob, 'tenant:evil:42', false],
  ['a tenant, with none', ada, 'tenant:acme:42', false],
  ['a tenant that is no text', who({ id: 'x', tenant: 7 }), 'tenant:7:1', false],
  ['a tenant that is empty', who({ id: 'x', tenant: '' }), 'tenant::1', false],
  ['a scope in a string', ada, 'doc:1', true],
  ['a scope in a list', bob, 'doc:1', true],
  ['no scope', who({ id: 'x' }), 'doc:1', false],
  ['one of two roles', ada, 'orders', true],
  ['one of two conditions', who({ id: 'x', scope: ['orders'] }), 'orders', true],
  ['none of them', bob, 'orders', false],
  ['what is false', ada, 'closed', false],
  ['anonymous, where it is said', null, 'price:EUR', true],
  ['a question of one\'s own', ada, 'odd:one', true],
  ['a question of one\'s own, denied', ada, 'odd:two', false],
  ['an answer that is not quite true', ada, 'truthy', false],
  ['one that comes late and is not quite true', ada, 'truthy:late', false],
  ['a tenant that is only inherited', Object.setPrototypeOf({ id: 'x' }, { tenant: 'acme' }) as Principal, 'tenant:acme:42', false],
  ['what no key fits', ada, 'secret', false],
  ['a deeper topic than the key', ada, 'orders:7', false],
  ['a whole pattern that a narrower rule denies in part', bob, 'room:*', false],
  ['a whole pattern that every rule allows', ada, 'room:*', true],
  ['a whole pattern without exceptions', bob, 'doc:*', true],
  ['a wider pattern than any rule', ada, '*', false]
] as const) {
  void t.test(`subscribe: ${why}`, async (t) => {
    t.equal(await canSubscribe({ principal, topic }), allowed)
  })
}

void t.test('each action is allowed by itself', async (t) => {
  t.equal(canPublish({ principal: bob, topic: 'user:bob' }), false)
  t.equal(canReadHistory({ principal: bob, topic: 'user:bob' }), true)
  t.equal(canSeePresence({ principal: bob, topic: 'user:bob' }), false)
  t.equal(canPublish({ principal: bob, topic: 'doc:1' }), false, 'all of the scopes are needed')
  t.equal(canPublish({ principal: ada, topic: 'doc:1' }), true)
})

void t.test('an empty table denies everything', async (t) => {
  t.equal(rules({}).canSubscribe({ principal: ada, topic: 'room:1' }), false)
})

void t.test('the order of the table does not matter', async (t) => {
  const staff: TopicRules = { subscribe: { role: 'operator' } }
  for (const table of [{ 'room:staff': staff, 'room:*': { subscribe: true } }, { 'room:*': { subscribe: true }, 'room:staff': staff }]) {
    t.equal(rules(table).canSubscribe({ principal: bob, topic: 'room:staff' }), false)
  }
})

void t.test('a table that makes no sense is refused', async (t) => {
  for (const key of ['room:*:x', 'room:{user}', '', 'a b', 'room:{principal.}']) {
    t.throws(() => rules({ [key]: {} }), { code: 'FRT_ERR_AUTH_OPTION' }, key)
  }
  t.throws(() => rules({ room: { read: true } as TopicRules }), { code: 'FRT_ERR_AUTH_OPTION' })
})

void t.test('questions may be asynchronous, and anything but true is a refusal', async (t) => {
  const when = (answer: unknown) => async () => answer as boolean
  const policy = rules({
    yes: { subscribe: { when: when(true) } },
    no: { subscribe: { when: when(false) } },
    odd: { subscribe: { when: when('yes') } },
    second: { subscribe: [{ when: when(false) }, { when: when(true) }] },
    broken: { subscribe: { when: async () => { throw new Error('database') } } }
  }).canSubscribe
  t.equal(await policy({ principal: ada, topic: 'yes' }), true)
  t.equal(await policy({ principal: ada, topic: 'no' }), false)
  t.equal(await policy({ principal: ada, topic: 'odd' }), false)
  t.equal(await policy({ principal: ada, topic: 'second' }), true)
  await t.rejects(async () => policy({ principal: ada, topic: 'broken' }), { message: 'database' })
})

void t.test('a question that is not answered in time allows nothing', async (t) => {
  const clock = manualClock()
  const { canSubscribe } = rules({ slow: { subscribe: { when: () => new Promise(() => {}) } } }, { clock, timeout: 500 })
  const asked = Promise.resolve(canSubscribe({ principal: ada, topic: 'slow' }))
  clock.advance(500)
  await t.rejects(asked, { code: 'FRT_ERR_POLICY_TIMEOUT', statusCode: 504 })
})

void t.test('a topic token allows what no rule allows', async (t) => {
  const grant: TopicGrant = {
    principal: 'bob', topics: ['doc:7', 'room:*'], rights: ['subscribe', 'history'], tokenId: 'x', issuedAt: 0, expiresAt: 1
  }
  const topicTokens = { readTopicToken: async (token: string) => token === 'good' ? grant : undefined }
  const policies = rules({ open: { subscribe: true } }, { topicTokens })
  const ask = (principal: Principal | null, topic: string, token?: unknown) =>
    policies.canSubscribe({ principal, topic, token })
  t.equal(ask(bob, 'open', 'good'), true)
  t.equal(await ask(bob, 'doc:7', 'good'), true)
  t.equal(await ask(bob, 'room:9', 'good'), true)
  t.equal(await policies.canSubscribe({ principal: bob, topic: 'doc:7', token: 'good', connection: {} }), true)
  t.equal(await ask(bob, 'doc:8', 'good'), false)
  t.equal(await ask(ada, 'doc:7', 'good'), false, 'it is for one principal')
  t.equal(await ask(null, 'doc:7', 'good'), false)
  t.equal(await ask(bob, 'doc:7', 'bad'), false)
  t.equal(await ask(bob, 'doc:7', { token: 'good' }), false)
  t.equal(await ask(bob, 'doc:7'), false)
  t.equal(await policies.canReadHistory({ principal: bob, topic: 'doc:7', token: 'good' }), true)
  t.equal(await policies.canPublish({ principal: bob, topic: 'doc:7', token: 'good' }), false)
  t.equal(await rules({}).canSubscribe({ principal: bob, topic: 'doc:7', token: 'good' }), false)
})

void t.test('an asynchronous refusal may still be overruled by a topic token', async (t) => {
  const topicTokens = {
    readTopicToken: async (): Promise<TopicGrant> =>
      ({ principal: 'bob', topics: ['a'], rights: ['subscribe'], tokenId: 'x', issuedAt: 0, expiresAt: 1 })
  }
  const table: Record<string, TopicRules> = { a: { subscribe: { when: async () => false } } }
  t.equal(await rules(table, { topicTokens }).canSubscribe({ principal: bob, topic: 'a', token: 'x' }), true)
  t.equal(await rules(table).canSubscribe({ principal: bob, topic: 'a', token: 'x' }), false)
})

void t.test('a hook asks for rights', async (t) => {
  await requires()({ principal: bob })
  await requires({ role: 'editor' })({ principal: bob })
  await t.rejects(requires({ role: 'operator' })({ principal: bob }), { code: 'FRT_ERR_FORBIDDEN' })
  await t.rejects(requires()({ principal: null }), { code: 'FRT_ERR_UNAUTHENTICATED' })
})

void t.test('a condition that is misspelt does not let everybody in', async (t) => {
  for (const permission of [
    { roles: 'member' }, 'member', ['member'], { role: 7 }, { role: null }, { scope: ['a', 7] }, { when: 'no' }, [{ role: 'a' }, { rol: 'b' }], 1, null, [true]
  ]) t.throws(() => rules({ 'room:*': { publish: permission as never } }), { code: 'FRT_ERR_AUTH_OPTION' }, JSON.stringify(permission))
  t.throws(() => requires({ roles: 'operator' } as object), { code: 'FRT_ERR_AUTH_OPTION' })
  t.throws(() => requires({ anonymous: true } as object), { code: 'FRT_ERR_AUTH_OPTION' })
  t.equal(rules({ a: { publish: undefined as never } }).canPublish({ principal: ada, topic: 'a' }), false)
  t.equal(rules({ a: { publish: { role: undefined as never, scope: [] } } }).canPublish({ principal: ada, topic: 'a' }), true)
})
