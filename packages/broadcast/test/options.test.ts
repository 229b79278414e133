import { test } from 'tap'
import { checkBroker } from '../src/broker-check.ts'
import { resolveOptions } from '../src/options.ts'
import type { BroadcastOptions } from '../src/options.ts'

test('nothing needs to be said', (t) => {
  const options = resolveOptions({})
  t.match(options, {
    userTopics: true, maxSubscriptions: 128, subscribeRate: { max: 20, burst: 128 },
    recovery: { maxPublications: 300, maxBytes: 524_288 }, idempotencyWindow: 300_000, positionCheck: 20_000
  })
  t.same(options.topics.map(({ pattern, history, keep }) => ({ pattern, history, keep })),
    [{ pattern: 'user:*', history: true, keep: { size: 100, ttl: 300_000 } }])
  t.match(options.others, { pattern: '*', history: false, keep: undefined, policy: undefined })
  t.ok(Object.isFrozen(options))
  t.end()
})

test('with topics, what none of them covers is refused', (t) => {
  t.equal(resolveOptions({ topics: {} }).others, undefined)
  t.end()
})

test('what is said counts', (t) => {
  const filter = (): boolean => true
  const canSubscribe = (): boolean => true
  const automatic = (): string[] => []
  const given: BroadcastOptions = {
    topics: {
      'user:*': { history: false },
      'a:*': { history: { size: 5 }, delta: { every: 3 }, coalesce: { maxDelay: 10 }, wildcard: true },
      'b:*': { overflow: { policy: 'conflate', key: () => 'k' }, latest: true, latestTtl: 5, filter, transform: (publication) => publication.data },
      'c:*': { history: { ttl: 9 }, overflow: 'drop-oldest', lossy: true },
      d: { delta: true, history: true, coalesce: false },
      e: { history: true, lossy: true },
      f: { latest: true, whenBrokerIsDown: 'deliver-locally' }
    },
    canSubscribe, canPublish: canSubscribe, canReadHistory: canSubscribe, canSeePresence: canSubscribe,
    automatic, userTopics: false, maxSubscriptions: 3, subscribeRate: { max: 1, burst: 2 },
    recovery: { maxPublications: 4, maxBytes: 2_048 }, idempotencyWindow: 7, positionCheck: false
  }
  const { topics, policies, ...rest } = resolveOptions(given)
  t.match(rest, { automatic, userTopics: false, maxSubscriptions: 3, subscribeRate: { max: 1, burst: 2 }, idempotencyWindow: 7, positionCheck: false })
  t.same(Object.keys(policies), ['subscribe', 'publish', 'history', 'presence'])
  t.match(topics, [
    { pattern: 'user:*', history: false, keep: undefined },
    { pattern: 'a:*', history: true, keep: { size: 5, ttl: 300_000 }, deltaEvery: 3, maxDelay: 10, wildcard: true },
    { pattern: 'b:*', history: false, keep: { size: 1, ttl: 5 }, latest: true, policy: 'conflate', conflateKey: Function, filter },
    { pattern: 'c:*', keep: { size: 100, ttl: 9 }, policy: 'drop-oldest' },
    { pattern: 'd', deltaEvery: 50, maxDelay: undefined, policy: 'disconnect' },
    { pattern: 'e', policy: undefined, whenBrokerIsDown: 'reject' },
    { pattern: 'f', history: false, whenBrokerIsDown: 'deliver-locally' }
  ])
  t.equal(resolveOptions({ positionCheck: 5 }).positionCheck, 5)
  t.end()
})

const refused: ReadonlyArray<readonly [name: string, options: object, message: RegExp]> = [
  ['a topic that is none', { topics: { 'a b': {} } }, /"topics\['a b'\]" must be named by a topic or a pattern/],
  ['a list of topics', { topics: ['a'] as never }, /"topics" must be an object of options by topic or pattern, but a list came/],
  ['topics that are none', { topics: 1 as never }, /"topics" must be an object .* but 1 came/],
  ['a reserved topic', { topics: { $x: {} } }, /named by a topic or a pattern/],
  ['an unknown overflow', { topics: { a: { overflow: 'shrug' } } }, /overflow" must be disconnect, drop-newest, drop-oldest, conflate, but shrug came/],
  ['an unknown outage', { topics: { a: { whenBrokerIsDown: 'panic' } } }, /whenBrokerIsDown" must be reject or deliver-locally, but panic came/],
  ['local delivery beside history', { topics: { 'room:*': { history: true, whenBrokerIsDown: 'deliver-locally' } } },
    /"topics\['room:\*'\]\.whenBrokerIsDown" must be "reject" on topics with history, but "deliver-locally" came/],
  ['dropping beside history', { topics: { a: { overflow: 'conflate', history: true } } }, /"disconnect" on topics with history, but "conflate" came\. .*lossy/],
  ['deltas that could be dropped', { topics: { a: { overflow: 'conflate', delta: true } } }, /delta" must be left out/],
  ['deltas that may be lost', { topics: { a: { lossy: true, delta: true } } }, /delta" must be left out/],
  ['deltas beside filter', { topics: { a: { filter: () => true, delta: true } } }, /delta" must be left out/],
  ['deltas beside transform', { topics: { a: { transform: () => 1, delta: true } } }, /delta" must be left out/],
  ['a wildcard that is no pattern', { topics: { a: { wildcard: true } } }, /wildcard" must be left out/],
  ['a wildcard of everybody\'s topics', { topics: { 'user:*': { wildcard: true } } }, /wildcard" must be left out/],
  ['a delay without end', { topics: { a: { coalesce: { maxDelay: Infinity } } } }, /maxDelay" must be a whole number from 1 to 1000, but Infinity came/],
  ['an empty history', { topics: { a: { history: { size: 0 } } } }, /history.size" must be a whole number/],
  ['a ttl beyond timers', { topics: { a: { history: { ttl: 2 ** 31 } } } }, /history.ttl" must be a whole number/],
  ['a full message each time', { topics: { a: { delta: { every: 1 } } } }, /delta.every"/],
  ['a policy that is no function', { canSubscribe: true }, /"canSubscribe" must be a function, but boolean came/],
  ['a flag that is none', { userTopics: 0 }, /"userTopics" must be true or false, but 0 came/],
  ['a limit in words', { maxSubscriptions: '9' }, /"maxSubscriptions" must be a whole number/],
  ['a check every NaN', { positionCheck: NaN }, /"positionCheck" must be a whole number/]
]

for (const [name, options, message] of refused) {
  test(`${name} is refused`, (t) => {
    t.throws(() => resolveOptions(options as BroadcastOptions), { code: 'FRT_ERR_BROADCAST_OPTION', message })
    t.end()
  })
}

test('a broker that cannot do what the topics need is refused at boot', (t) => {
  const asked: string[] = []
  const broker = (patterns: boolean): Parameters<typeof checkBroker>[0] => ({
    name: 'plain', patterns, require: ((_capability: string, by: string) => asked.push(by)) as never
  })
  const wildcard = resolveOptions({ topics: { 'a:*': { wildcard: true } } })
  t.throws(() => checkBroker(broker(false), wildcard), /The plain broker knows no patterns/)
  checkBroker(broker(true), wildcard)
  t.same(asked, ["broadcast (topics['user:*'])", "broadcast (topics['user:*'])"])
  checkBroker(broker(false), resolveOptions({ topics: { 'user:*': { history: false } } }))
  t.equal(asked.length, 2)
  t.end()
})
