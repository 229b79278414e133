import fc from 'fast-check'
import t from 'tap'
import type { PresenceList } from '@fastify-realtime/broker'
import type { Change } from '../src/change.ts'
import { TopicView } from '../src/topic-view.ts'

function list (version: number, ...principals: string[]): PresenceList {
  return {
    version,
    count: principals.length,
    members: principals.map(principal => ({ principal, connection: `c-${principal}`, node: 'n' }))
  }
}

function joined (principal: string, version: number, previous?: number, info?: unknown): Change {
  return { kind: 'joined', member: { principal, ...info !== undefined && { info } }, version, ...previous !== undefined && { previous } }
}

function left (principal: string, version: number, previous?: number): Change {
  return { kind: 'left', member: { principal }, version, ...previous !== undefined && { previous } }
}

function view (start: PresenceList, limit = 5): TopicView {
  const made = new TopicView('room:1', limit)
  made.reset(start)
  made.take()
  return made
}

function names (made: TopicView): string[] {
  return (made.snapshot().members ?? []).map(({ principal }) => principal)
}

void t.test('a new view is told whole', async t => {
  const made = new TopicView('room:1', 5)
  made.reset(list(3, 'ada'))
  t.same(made.take(), { type: 'presence', topic: 'room:1', version: 3, count: 1, members: [{ principal: 'ada' }] })
  t.equal(made.take(), undefined)
})

void t.test('changes are told as joined and left', async t => {
  const made = view(list(3, 'ada'))
  made.apply(joined('bob', 4, 3, { mood: 'fine' }))
  made.apply(left('ada', 5, 4))
  t.same(made.take(), {
    type: 'presence',
    topic: 'room:1',
    version: 5,
    count: 1,
    joined: [{ principal: 'bob', info: { mood: 'fine' } }],
    left: [{ principal: 'ada' }]
  })
  t.same(made.snapshot().members, [{ principal: 'bob', info: { mood: 'fine' } }])
})

void t.test('who came and went between two updates goes unseen', async t => {
  const made = view(list(3, 'ada'))
  made.apply(joined('bob', 4, 3))
  made.apply(left('bob', 5, 4))
  t.equal(made.take(), undefined)
  t.equal(made.version, 5)
})

void t.test('who went and came again is told anew, and can leave after that', async t => {
  const made = view(list(3, 'ada'))
  made.apply(left('ada', 4, 3))
  made.apply(joined('ada', 5, 4, 'new'))
  t.same(made.take()?.joined, [{ principal: 'ada', info: 'new' }])
  made.apply(left('ada', 6, 5))
  made.apply(joined('ada', 7, 6))
  made.apply(left('ada', 8, 7))
  t.same(made.take()?.left, [{ principal: 'ada' }])
})

void t.test('what the list holds already is not applied again', async t => {
  const made = view(list(5, 'ada'))
  made.apply(left('ada', 4, 3))
  t.same(names(made), ['ada'])
  t.notOk(made.behind)
})

void t.test('a change that overtakes its predecessor waits for it', async t => {
  const made = view(list(1, 'ada'))
  made.apply(left('bob', 3, 2))
  t.ok(made.behind)
  t.same(names(made), ['ada'])
  made.apply(joined('bob', 2, 1))
  t.notOk(made.behind)
  t.same(names(made), ['ada'])
  t.equal(made.version, 3)
})

void t.test('a gap leaves the view behind until it is read anew', async t => {
  const made = view(list(1, 'ada'))
  made.apply(joined('cyd', 9, 7))
  t.ok(made.behind)
  made.reset(list(9, 'ada', 'bob', 'cyd'))
  t.notOk(made.behind)
  t.same(names(made), ['ada', 'bob', 'cyd'])
  t.ok(made.take()?.members)
})

void t.test('too many changes ahead of a gap ask for a list', async t => {
  const made = view(list(1, 'ada'))
  for (let n = 0; n < 100; n++) made.apply(joined(`p${n}`, 12 + n, 11 + n))
  t.ok(made.behind)
  made.apply(joined('x', 11, 1))
  t.ok(made.behind, 'even when the first ones were found')
})

void t.test('the first member of an empty topic needs no predecessor', async t => {
  const made = view(list(40))
  made.apply(joined('ada', 55, 0))
  t.same(names(made), ['ada'])
  t.notOk(made.behind)
})

void t.test('a store without a chain: later is applied, earlier asks for a list', async t => {
  const made = view(list(1, 'ada'))
  made.apply(joined('bob', 7))
  t.notOk(made.behind)
  made.apply(joined('cyd', 5))
  t.ok(made.behind)
})

void t.test('a repeated change is ignored', async t => {
  const made = view(list(1, 'ada'))
  made.apply(joined('bob', 2, 1))
  made.apply(joined('bob', 2, 1))
  t.notOk(made.behind)
  t.equal(made.count, 2)
})

void t.test('a version that the store has reached is expected to come', async t => {
  const made = view(list(1, 'ada'))
  made.expect(2)
  t.ok(made.behind)
  made.apply(joined('bob', 2, 1))
  t.notOk(made.behind)
  made.doubt()
  t.ok(made.behind)
})

void t.test('above the limit only the number is told, and a list again when it has shrunk', async t => {
  const made = view(list(5, 'a', 'b', 'c', 'd', 'e'))
  made.apply(joined('f', 6, 5))
  t.ok(made.counted)
  t.same(made.take(), { type: 'presence', topic: 'room:1', version: 6, count: 6 })
  t.equal(made.take(), undefined)
  made.apply(left('a', 7, 6))
  t.same(made.take(), { type: 'presence', topic: 'room:1', version: 7, count: 5 })
  t.notOk(made.behind)
  made.apply(left('b', 8, 7))
  t.ok(made.behind)
  made.reset(list(8, 'c', 'd', 'e', 'f'))
  t.notOk(made.counted)
  t.equal(made.take()?.members?.length, 4)
})

void t.test('a topic that is too big from the start is a number', async t => {
  const made = view({ version: 2, count: 900, members: list(2, 'a', 'b').members })
  t.same(made.snapshot(), { topic: 'room:1', version: 2, count: 900 })
})

interface Step { readonly who: string, readonly after: number }

void t.test('in any order of arrival the view ends as the store, or knows that it is behind', async () => {
  fc.assert(fc.property(
    fc.array(fc.record({ who: fc.constantFrom('a', 'b', 'c', 'd'), after: fc.nat(3) }), { maxLength: 40 }),
    fc.array(fc.nat(5), { maxLength: 40 }),
    fc.array(fc.nat(19), { maxLength: 3 }),
    (steps: Step[], shuffles, losses) => {
      const members = new Set<string>()
      let version = 0
      const changes = steps.map(({ who, after }) => {
        const previous = members.size === 0 ? 0 : version
        version += 1 + after
        return members.delete(who) ? left(who, version, previous) : (members.add(who), joined(who, version, previous))
      })
      const lost = new Set(losses)
      const arrivals = changes
        .map((change, at) => ({ change, at, key: at + (shuffles[at] ?? 0) }))
        .filter(({ at }) => !lost.has(at))
        .toSorted((a, b) => a.key - b.key)
      const made = view(list(0))
      const told = new Map<string, unknown>()
      for (const { change } of arrivals) {
        made.apply(change)
        const update = made.take()
        for (const { principal } of update?.joined ?? []) told.set(principal, true)
        for (const { principal } of update?.left ?? []) told.delete(principal)
      }
      const lostLast = changes.length > 0 && made.version < version
      if (made.behind || lostLast) return
      // A loss between two times that the topic was empty cannot be seen, and does not matter.
      const got = names(made).toSorted().join()
      if (got !== [...members].toSorted().join()) throw new Error(`view ${got}, store ${[...members].join()}`)
      if (got !== [...told.keys()].toSorted().join()) throw new Error(`watchers ${[...told.keys()].join()}`)
    }
  ), { numRuns: 2_000 })
})
