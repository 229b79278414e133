import fc from 'fast-check'
import { jsonCodec } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { resolveOptions } from '../src/options.ts'
import { Roster } from '../src/roster.ts'
import type { Stage, Subscription } from '../src/subscription.ts'
import { Subscriptions } from '../src/subscriptions.ts'
import { Topic } from '../src/topic.ts'
import { FakeConnection } from './model/fake-connection.ts'

const settings = resolveOptions({ topics: { a: { delta: true } } }).topics[1]!
const make = (name: string) => (): Topic<Subscription> => new Topic<Subscription>(name, settings, false)

interface Step {
  readonly who: number
  readonly what: string
  readonly stage: Stage
}

const steps = fc.array(fc.record({
  who: fc.nat(3),
  what: fc.constantFrom('a', 'b', 'c'),
  stage: fc.constantFrom<Stage>('reading', 'paging', 'behind', 'live', 'ended')
}), { maxLength: 60 })

/** Plays the steps on the index and on a plain map of who is where. */
function play (script: readonly Step[]): { index: Subscriptions, model: Map<string, Stage>, connections: FakeConnection[] } {
  const index = new Subscriptions()
  const connections = [0, 1, 2, 3].map(() => new FakeConnection())
  const model = new Map<string, Stage>()
  for (const { who, what, stage } of script) {
    const connection = connections[who]!.self
    const subscription = index.open(connection, jsonCodec, what, make(what))
    subscription.counted = what !== 'b'
    if (subscription.stage === 'reading' && what === 'c') subscription.home = subscription.topic.deltas!.roster
    if (stage === 'ended') {
      index.close(subscription)
      model.delete(`${who} ${what}`)
    } else {
      index.place(subscription, stage)
      model.set(`${who} ${what}`, stage)
    }
  }
  return { index, model, connections }
}

test('both sides of the index agree with a plain list, whatever happened', (t) => {
  fc.assert(fc.property(steps, (script) => {
    const { index, model, connections } = play(script)
    const seen: string[] = []
    for (const topic of index.topics()) {
      const members = [...model.keys()].filter((key) => key.endsWith(topic.name))
      if (topic.subscriptions !== members.length) return false
      for (const reader of topic.receivers()) {
        const key = `${connections.findIndex(({ self }) => self === reader.connection)} ${topic.name}`
        if (reader.stage !== model.get(key)) return false
        seen.push(key)
      }
      if (topic.live.size + topic.deltas!.roster.size + topic.behind.size !== [...topic.receivers()].length) return false
    }
    const due = [...model].filter(([, stage]) => stage === 'live' || stage === 'behind').map(([key]) => key)
    const held = connections.map(({ self }) => [...index.of(self)].filter(({ counted }) => counted).length)
    return String(seen.toSorted()) === String(due.toSorted()) && index.size === model.size &&
      String(held) === String(connections.map(({ self }) => index.count(self)))
  }))
  t.end()
})

test('nothing is left when all have left', (t) => {
  fc.assert(fc.property(steps, (script) => {
    const { index, connections } = play(script)
    for (const { self } of connections) for (const subscription of index.of(self)) index.close(subscription)
    return index.size === 0 && index.topicCount === 0 && index.connectionCount === 0
  }))
  t.end()
})

test('opening twice gives the same subscription', (t) => {
  const index = new Subscriptions()
  const { self } = new FakeConnection()
  const first = index.open(self, jsonCodec, 'a', make('a'))
  t.equal(index.open(self, jsonCodec, 'a', make('a')), first)
  t.equal(index.get(self, 'a'), first)
  t.equal(index.topic('a'), first.topic)
  t.end()
})

test('a connection may have few topics or many', (t) => {
  const index = new Subscriptions()
  const { self } = new FakeConnection()
  const names = Array.from({ length: 20 }, (_, n) => `many:${n}`)
  for (const name of names) index.open(self, jsonCodec, name, make(name))
  t.same([...index.of(self)].map(({ topic }) => topic.name), names)
  for (const name of names) t.equal(index.get(self, name)!.topic.name, name)
  for (const subscription of index.of(self)) index.close(subscription)
  t.same([index.size, index.topicCount, index.connectionCount], [0, 0, 0])
  t.end()
})

interface Member {
  slot: number
}

/** A roster of so many, who know their places. */
function rosterOf (count: number): { roster: Roster<Member>, members: Member[] } {
  const roster = new Roster<Member>()
  const members = Array.from({ length: count }, () => ({ slot: -1 }))
  for (const member of members) roster.add(member)
  return { roster, members }
}

test('a roster forgets its holes', (t) => {
  const { roster, members } = rosterOf(100)
  for (const member of members.slice(0, 60)) roster.remove(member)
  const added = { slot: -1 }
  roster.add(added)
  t.equal(added.slot, 40, 'when half of it is holes')
  t.equal(roster.size, 41)
  roster.remove(members[60]!)
  const places: number[] = []
  roster.walk(10, ({ slot }) => places.push(slot))
  t.same(places, Array.from({ length: 10 }, (_, slot) => slot), 'and before a walk')
  t.end()
})

test('a walk through a roster visits everybody once, in parts', (t) => {
  const { roster, members } = rosterOf(100)
  const visited: Member[] = []
  const visit = (member: Member): void => { visited.push(member) }
  t.notOk(roster.isWalked)
  t.equal(roster.walk(10, visit), 10)
  for (const member of members.slice(5, 75)) roster.remove(member)
  const late = Array.from({ length: 50 }, () => ({ slot: -1 }))
  for (const member of late) roster.add(member)
  t.equal(late[0]?.slot, 100, 'places are kept meanwhile')
  t.ok(roster.isWalked)
  t.equal(roster.walk(1_000, visit), 140)
  t.notOk(roster.isWalked)
  t.same(visited, [...members.slice(0, 10), ...members.slice(75), ...late])
  t.same([...roster.members()].map(({ slot }) => slot), Array.from({ length: 80 }, (_, slot) => slot), 'and no holes are left')
  t.end()
})

test('a roster has who stands in it', (t) => {
  const { roster, members } = rosterOf(3)
  const [first, second] = members as [Member, Member]
  roster.remove(first)
  t.same([first, second, rosterOf(3).members[1]!].map((member) => roster.has(member)), [false, true, false])
  t.end()
})
