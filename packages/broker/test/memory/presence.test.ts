import fc from 'fast-check'
import t from 'tap'
import type { PresenceChange } from '../../src/index.ts'
import { PresenceRegister } from '../../src/memory/presence.ts'

interface Held {
  readonly topic: string
  readonly connection: string
  readonly node: string
  readonly principal: string
  readonly info: number
}

/** Presence as a flat list of entries, folded at every question. */
class NaivePresence {
  held: Held[] = []

  principals (topic: string): Map<string, Held> {
    const found = new Map<string, Held>()
    for (const entry of this.held) {
      if (entry.topic === topic) found.set(entry.principal, entry)
    }
    return found
  }
}

/** A connection that joins again for somebody else leaves untold, which the version counts too. */
function moved (former: Held | undefined, entry: { readonly principal: string }): boolean {
  return former !== undefined && former.principal !== entry.principal
}

const names = { topic: fc.constantFrom('t', 'u'), connection: fc.constantFrom('c1', 'c2', 'c3', 'c4') }
const step = fc.oneof(
  fc.record({
    kind: fc.constant('join' as const), ...names, node: fc.constantFrom('n1', 'n2'), principal: fc.constantFrom('ada', 'bob'),
    info: fc.nat()
  }),
  fc.record({ kind: fc.constant('leave' as const), ...names }),
  fc.record({ kind: fc.constant('renew' as const), node: fc.constantFrom('n1', 'n2'), ttl: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('reap' as const), ms: fc.integer({ min: 0, max: 15 }) })
)

void t.test('folds, tells and counts as a flat list of entries would', async (t) => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const register = new PresenceRegister()
    const naive = new NaivePresence()
    const leases = new Map<string, number>()
    const versions = new Map<string, number>()
    let now = 0
    /** Versions only grow, and a change says which one it follows: that of the topic, or 0 when it was empty. */
    const grew = (topic: string, empty: boolean, { changed, version, previous }: PresenceChange): boolean => {
      const last = versions.get(topic) ?? 0
      versions.set(topic, version)
      return changed ? version > last && previous === (empty ? 0 : last) : version >= last
    }
    for (const action of steps) {
      if (action.kind === 'join') {
        const { kind: _kind, topic, ...entry } = action
        const others = naive.held.filter((held) => held.topic !== topic || held.connection !== entry.connection)
        const before = naive.principals(topic)
        const former = naive.held.find((held) => held.topic === topic && held.connection === entry.connection)
        naive.held = [...others, { topic, ...entry }]
        const change = register.join(topic, entry)
        if (change.changed === before.has(entry.principal)) return false
        if (!moved(former, entry) && !grew(topic, before.size === 0, change)) return false
        versions.set(topic, change.version)
      } else if (action.kind === 'leave') {
        const before = naive.principals(action.topic).size
        naive.held = naive.held.filter((held) => held.topic !== action.topic || held.connection !== action.connection)
        const change = register.leave(action.topic, action.connection)
        if (change.changed !== naive.principals(action.topic).size < before) return false
        if (!grew(action.topic, before === 0, change)) return false
      } else if (action.kind === 'renew') {
        leases.set(action.node, now + action.ttl)
        register.renew(action.node, now + action.ttl)
      } else {
        now += action.ms
        const expected = ['t', 'u'].map((topic) => naive.principals(topic))
        naive.held = naive.held.filter((held) => (leases.get(held.node) ?? 0) > now)
        const gone = register.reap(now)
        const told = gone.map((entry) => `${entry.topic} ${entry.principal}`).sort()
        const vanished = ['t', 'u'].flatMap((topic, n) => [...expected[n]?.keys() ?? []]
          .filter((principal) => !naive.principals(topic).has(principal)).map((principal) => `${topic} ${principal}`)).sort()
        if (JSON.stringify(told) !== JSON.stringify(vanished)) return false
        if (!gone.every((entry) => grew(entry.topic, false, { changed: true, ...entry }))) return false
      }
      for (const topic of ['t', 'u']) {
        const list = register.list(topic, 10)
        const members = [...naive.principals(topic).values()].map(({ connection, info }) => `${connection} ${info}`).sort()
        if (list.count !== members.length) return false
        if (list.members.map(({ connection, info }) => `${connection} ${String(info)}`).sort().join() !== members.join()) return false
      }
    }
    return register.topics === new Set(naive.held.map((held) => held.topic)).size
  }), { numRuns: 2_000 })
  t.pass()
})

void t.test('leases that ended are forgotten', async (t) => {
  const register = new PresenceRegister()
  register.renew('n1', 10)
  register.renew('n2', 20)
  t.same(register.reap(10), [])
  t.equal(register.leases, 1)
})
