import t from 'tap'
import { forget, MOST_AT_ONCE, Rhythm } from '../src/rhythm.ts'

interface TestPeer { readonly id: number, bytesRead: number, state: string }

function wheel (interval: number, timeout: number) {
  const beats: number[] = []
  const dead: number[] = []
  const rhythm = new Rhythm<TestPeer>({ interval, timeout }, {
    beat: ({ id }) => { beats.push(id) },
    dead: ({ id }) => { dead.push(id) }
  })
  const peer = (id: number): TestPeer => ({ id, bytesRead: 100, state: 'open' })
  return { rhythm, beats, dead, peer, turns: (count: number) => { for (let i = 0; i < count; i++) rhythm.turn(1, true) } }
}

void t.test('every peer is asked once an interval', async t => {
  const { rhythm, beats, peer, turns } = wheel(1_000, 500)
  const peers = Array.from({ length: 30 }, (_, id) => peer(id))
  for (const each of peers) rhythm.add(each)
  const counts = new Map<number, number>()
  for (let round = 0; round < 5; round++) {
    beats.length = 0
    for (let i = 0; i < 10; i++) {
      turns(1)
      for (const each of peers) each.bytesRead++
    }
    for (const id of beats) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  t.equal(counts.size, 30)
  t.ok([...counts.values()].every(count => count === 5))
})

void t.test('10,000 peers that come at once never leave in one burst', async t => {
  const { rhythm, beats, peer, turns } = wheel(25_000, 10_000)
  const peers = Array.from({ length: 10_000 }, (_, id) => peer(id))
  for (const each of peers) rhythm.add(each)
  let largest = 0
  let all = 0
  for (let turn = 0; turn < 250; turn++) {
    beats.length = 0
    turns(1)
    for (const each of peers) each.bytesRead++
    largest = Math.max(largest, beats.length)
    all += beats.length
  }
  t.equal(all, 10_000, 'all within one interval')
  t.ok(largest <= 50, `largest burst ${largest}`)
})

void t.test('nobody is asked in the first fifth of the interval, everybody within one', async t => {
  const { rhythm, beats, peer, turns } = wheel(1_000, 1_000)
  for (let id = 0; id < 100; id++) rhythm.add(peer(id))
  turns(1)
  t.same(beats, [])
  turns(9)
  t.equal(new Set(beats).size, 100)
})

void t.test('a peer that answers nothing is dead after the timeout, and is told once', async t => {
  const { rhythm, beats, dead, peer, turns } = wheel(1_000, 300)
  const pulse = rhythm.add(peer(7))
  while (beats.length === 0) turns(1)
  turns(2)
  t.same(dead, [])
  turns(1)
  t.same(dead, [7])
  forget(pulse)
  turns(20)
  t.same(dead, [7])
  t.equal(beats.length, 1)
})

void t.test('any byte is life, and a timeout may be as long as the interval', async t => {
  const { rhythm, beats, dead, peer, turns } = wheel(500, 500)
  const lively = peer(1)
  rhythm.add(lively)
  for (let turn = 0; turn < 100; turn++) {
    if (turn % 4 === 0) lively.bytesRead++
    turns(1)
  }
  t.same(dead, [])
  t.ok(beats.length >= 19)
  turns(10)
  t.same(dead, [1])
})

void t.test('a connection that is closing is neither asked nor judged', async t => {
  const { rhythm, beats, dead, peer, turns } = wheel(1_000, 300)
  const closing = peer(1)
  rhythm.add(closing)
  while (beats.length === 0) turns(1)
  closing.state = 'closing'
  turns(30)
  t.same(dead, [])
  t.equal(beats.length, 1)
  closing.state = 'draining'
  turns(20)
  t.same(dead.includes(1), true, 'a draining one still is')
})

void t.test('peers that go while a slot is judged are not judged', async t => {
  const peers = [1, 2, 3].map(id => ({ id, bytesRead: 0, state: 'open' }))
  const dead: number[] = []
  const rhythm: Rhythm<TestPeer> = new Rhythm<TestPeer>({ interval: 100, timeout: 100 }, {
    beat: () => {},
    dead: ({ id }) => {
      dead.push(id)
      for (const pulse of pulses) forget(pulse)
    }
  })
  const pulses = peers.map(peer => rhythm.add(peer))
  for (let i = 0; i < 3; i++) rhythm.turn(1, true)
  t.same(dead, [1])
})

void t.test('missed steps are made up for, a few slots in a turn and an interval at most', async t => {
  const { rhythm, beats, peer, turns } = wheel(2_500, 500)
  const peers = Array.from({ length: 21 }, (_, id) => peer(id))
  for (const each of peers) rhythm.add(each)
  rhythm.turn(20, false)
  t.equal(beats.length, MOST_AT_ONCE - 4, 'the first fifth is empty')
  turns(1)
  t.equal(beats.length, 16)
  turns(1)
  t.equal(beats.length, 18)
  beats.length = 0
  rhythm.turn(36_000, false)
  for (const each of peers) each.bytesRead++
  for (let turn = 0; turn < 10; turn++) rhythm.turn(0, true)
  t.equal(beats.length, 21, 'everybody once after an hour')
})

void t.test('who comes while pings are owed is not among those', async t => {
  const { rhythm, beats, peer, turns } = wheel(2_500, 500)
  rhythm.turn(36_000, false)
  for (let id = 0; id < 40; id++) rhythm.add(peer(id))
  turns(1)
  t.same(beats, [])
})

void t.test('turns that do not count use up nobody\'s patience', async t => {
  const { rhythm, beats, dead, peer, turns } = wheel(1_000, 300)
  rhythm.add(peer(1))
  while (beats.length === 0) turns(1)
  for (let turn = 0; turn < 100; turn++) rhythm.turn(0, false)
  turns(2)
  t.same(dead, [])
  turns(1)
  t.same(dead, [1])
})

void t.test('a question that is still open when the next is due is the one that counts', async t => {
  const { rhythm, beats, dead, peer } = wheel(500, 500)
  const silent = peer(1)
  rhythm.add(silent)
  for (let turn = 0; turn < 7 && dead.length === 0; turn++) rhythm.turn(2, true)
  t.ok(beats.length >= 2, `pinged ${beats.length} times`)
  t.same(dead, [1])
})

void t.test('the shortest timeout still has two turns, because what came is read after the first', async t => {
  const { rhythm, beats, dead, peer, turns } = wheel(1_000, 100)
  rhythm.add(peer(1))
  while (beats.length === 0) turns(1)
  turns(1)
  t.same(dead, [])
  turns(1)
  t.same(dead, [1])
})
