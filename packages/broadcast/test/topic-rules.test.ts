import { test } from 'tap'
import { resolveOptions } from '../src/options.ts'
import { Permissions } from '../src/permissions.ts'
import { TopicRules } from '../src/topic-rules.ts'
import type { PolicyQuestion } from '../src/index.ts'

const { topics, others } = resolveOptions({ topics: { 'a:*': {}, 'a:b': {}, 'a:b:*': { wildcard: true }, '*': {} } })

test('a topic has the settings of its own name, else of the pattern that covers it', (t) => {
  const rules = new TopicRules(topics, others)
  for (const [topic, pattern] of [['a:b', 'a:b'], ['a:c', 'a:*'], ['a:b:c', 'a:b:*'], ['x', '*'], ['x:y', '*'], ['a:c:d', 'a:*'], ['a:b:c:d', 'a:*'], ['user:ada', 'user:*']] as const) {
    t.equal(rules.of(topic)?.pattern, pattern, topic)
  }
  t.equal(new TopicRules([], resolveOptions({}).others).of('x:y')?.pattern, '*')
  t.end()
})

test('only patterns that say so can be subscribed to', (t) => {
  const rules = new TopicRules(topics)
  t.match(rules.subscribable('a:b:*'), { isPattern: true, settings: { pattern: 'a:b:*' } })
  t.match(rules.subscribable('a:b:c'), { isPattern: false, settings: { pattern: 'a:b:*' } })
  t.equal(rules.subscribable('a:*'), undefined)
  t.equal(rules.subscribable('z:*'), undefined)
  t.equal(new TopicRules([]).subscribable('x:y'), undefined)
  t.end()
})

test('nothing is allowed unless a policy says exactly true', async (t) => {
  const rules = new TopicRules(topics)
  t.notOk(await new Permissions({}, rules).can('subscribe', { principal: { id: 'ada' }, topic: 'a:b' }))
  const asked: PolicyQuestion[] = []
  const permissions = new Permissions({
    subscribe: (question) => { asked.push(question); return true },
    publish: async () => 1 as unknown as boolean,
    presence: async () => true
  }, rules)
  t.ok(await permissions.can('subscribe', { principal: null, topic: 'a:b', token: 't' }))
  t.same(asked, [{ principal: null, topic: 'a:b', token: 't' }])
  t.ok(await permissions.can('subscribe', { principal: null, topic: 'a:b:*' }))
  t.notOk(await permissions.can('publish', { principal: null, topic: 'a:b' }))
  t.ok(await permissions.can('presence', { principal: null, topic: 'a:b' }))
  t.notOk(await permissions.can('history', { principal: null, topic: 'a:b' }))
})

test('topics that nothing covers, reserved ones and what is none are never allowed', async (t) => {
  const permissions = new Permissions({ subscribe: () => true, publish: () => true }, new TopicRules(resolveOptions({ topics: { 'a:*': {} } }).topics))
  for (const topic of ['x:y', '$presence', 'a b', 'a:*', 'a:b:*:c']) {
    t.notOk(await permissions.can('publish', { principal: { id: 'ada' }, topic }), topic)
    t.notOk(await permissions.can('subscribe', { principal: { id: 'ada' }, topic }), topic)
  }
})

test('a user topic is readable for its principal alone, whatever the policies say', async (t) => {
  const permissions = new Permissions({ subscribe: () => true, history: () => true, publish: () => true }, new TopicRules(topics))
  for (const action of ['subscribe', 'history'] as const) {
    t.ok(await permissions.can(action, { principal: { id: 'ada' }, topic: 'user:ada' }))
    t.notOk(await permissions.can(action, { principal: { id: 'eve' }, topic: 'user:ada' }))
    t.notOk(await permissions.can(action, { principal: null, topic: 'user:ada' }))
  }
  t.ok(await permissions.can('publish', { principal: { id: 'eve' }, topic: 'user:ada' }))
})

test('what a policy throws reaches whoever asked', async (t) => {
  const permissions = new Permissions({ subscribe: () => { throw new Error('down') } }, new TopicRules(topics))
  t.throws(() => permissions.can('subscribe', { principal: null, topic: 'a:b' }), /down/)
})
