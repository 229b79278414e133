import t from 'tap'
import { Emitter } from '@fastify-realtime/protocol'
import type { Codec, Envelope } from '@fastify-realtime/protocol'
import type { CloseReason } from '@fastify-realtime/protocol'
import type { Connection, Endpoint, Frame } from '@fastify-realtime/connection-pool'
import type { HeartbeatEvents } from '../src/heartbeat.ts'
import { Monitor } from '../src/monitor.ts'
import type { RouteHeartbeat } from '../src/monitor.ts'
import { resolveOptions } from '../src/options.ts'
import { EventLoop } from './event-loop.ts'

const json = { subprotocol: 'json', binary: false } as Codec

function endpoint (heartbeat?: RouteHeartbeat): Endpoint {
  return { url: '/ws', anonymous: true, raw: false, ...(heartbeat === undefined ? {} : { heartbeat }) } as Endpoint
}

class TestConnection {
  bytesRead = 0
  state = 'open'
  readonly pings: Array<Frame | undefined> = []
  readonly ends: CloseReason[] = []
  readonly endpoint: Endpoint
  readonly codec: Codec | null
  onPing = (): void => {}

  constructor (at: Endpoint, codec: Codec | null = json) {
    this.endpoint = at
    this.codec = codec
  }

  ping (visible?: Frame): void {
    this.pings.push(visible)
    this.onPing()
  }

  terminate (reason: CloseReason): void {
    this.ends.push(reason)
    this.state = 'closed'
  }
}

function setup (options = {}) {
  const loop = new EventLoop()
  const built: Envelope[] = []
  const frame = (codec: Codec, content: unknown): Frame => {
    built.push(content as Envelope)
    return { size: built.length }
  }
  const events = new Emitter<HeartbeatEvents>(error => { throw error })
  const monitor = new Monitor({ frame }, resolveOptions({ interval: 1_000, timeout: 500, clock: loop, ...options }), events)
  const add = (connection: TestConnection): Connection => {
    const added = connection as unknown as Connection
    monitor.add(added)
    return added
  }
  return { loop, built, monitor, add }
}

void t.test('ping and heartbeat leave together, in a frame that is built once per codec', async t => {
  const { loop, built, monitor, add } = setup()
  const at = endpoint()
  const connections = Array.from({ length: 5 }, () => new TestConnection(at))
  for (const connection of connections) {
    connection.onPing = () => { connection.bytesRead += 6 }
    add(connection)
  }
  loop.run(3_000)
  t.equal(monitor.size, 5)
  t.same(built, [{ type: 'heartbeat' }])
  for (const { pings } of connections) t.same(pings, [{ size: 1 }, { size: 1 }, { size: 1 }])
})

void t.test('a raw connection gets a bare ping', async t => {
  const { loop, built, add } = setup()
  const raw = new TestConnection(endpoint(), null)
  add(raw)
  loop.run(1_000)
  t.same(raw.pings, [undefined])
  t.same(built, [])
})

void t.test('a dead peer is told, then terminated with 4000', async t => {
  const { loop, monitor, add } = setup()
  const connection = new TestConnection(endpoint())
  const added = add(connection)
  const told: unknown[] = []
  monitor.on('dead', dead => { told.push(dead, connection.ends.length) })
  loop.run(2_000)
  t.equal(told.length, 2)
  t.equal(told[0], added)
  t.equal(told[1], 0)
  t.same(connection.ends, [{ code: 4000, reason: 'no sign of life' }])
  t.equal(monitor.deaths, 1)
})

void t.test('routes have their own beat, or none', async t => {
  const { loop, monitor, add } = setup()
  const shared = endpoint({ interval: 200 })
  const fast = new TestConnection(shared)
  const twin = new TestConnection(endpoint({ interval: 200, timeout: 200 }))
  const off = new TestConnection(endpoint(false))
  const plain = new TestConnection(endpoint())
  for (const connection of [fast, twin, off, plain]) {
    connection.onPing = () => { connection.bytesRead++ }
  }
  const added = [fast, twin, off, plain].map(add)
  t.same(added.map(connection => monitor.interval(connection)), [200, 200, null, 1_000])
  t.equal(monitor.size, 3)
  loop.run(2_000)
  t.same([fast, twin, off, plain].map(({ pings }) => pings.length), [10, 10, 0, 2])
  for (const connection of added) monitor.remove(connection)
  t.equal(monitor.size, 0)
})

void t.test('a route whose beat cannot work is refused by name', async t => {
  const { add } = setup()
  t.throws(() => add(new TestConnection(endpoint({ interval: 1 }))), { message: /\/ws heartbeat\.interval must be/ })
})

void t.test('the timer runs only while there is somebody to beat', async t => {
  const { loop, monitor, add } = setup()
  t.equal(loop.timers, 0)
  const one = add(new TestConnection(endpoint()))
  const two = add(new TestConnection(endpoint()))
  t.equal(loop.timers, 1)
  monitor.remove(one)
  t.equal(loop.timers, 1)
  monitor.remove(two)
  t.equal(loop.timers, 0)
  monitor.stop()
})

void t.test('round trips are told and counted', async t => {
  const { monitor, add } = setup()
  const connection = add(new TestConnection(endpoint()))
  const told: unknown[] = []
  const undo = monitor.on('roundTrip', (from, milliseconds) => { told.push(from === connection, milliseconds) })
  monitor.observe(connection, 12)
  undo()
  monitor.observe(connection, 13)
  t.same(told, [true, 12])
  t.equal(monitor.roundTrips().count, 2)
  t.equal(monitor.stalls, 0)
})

void t.test('a stall of 3.5 s at any point kills nobody, and the naive sweep most', async t => {
  for (let point = 0; point <= 2_000; point += 50) {
    // So short a timeout that the turn after the stall judges whom the turn before it asked.
    const { loop, monitor, add } = setup({ timeout: 100 })
    const connections = Array.from({ length: 40 }, () => new TestConnection(endpoint()))
    for (const connection of connections) {
      connection.onPing = () => loop.arrive(() => { connection.bytesRead += 6 }, 80)
      add(connection)
    }
    loop.run(5_000 + point)
    loop.stall(3_500)
    loop.run(3_000)
    t.equal(monitor.deaths, 0, `stall after ${point}`)
    t.equal(monitor.stalls, 1)
  }
  let worst = 0
  for (let point = 0; point <= 2_000; point += 50) worst = Math.max(worst, naiveDeaths(point))
  t.ok(worst >= 35, `the naive sweep killed ${worst} of 40`)
})

void t.test('a loop that is late every time pings at its interval, kills nobody who answers and finds the dead', async t => {
  for (const round of [210, 400, 900]) {
    const { loop, monitor, add } = setup({ interval: 25_000, timeout: 10_000 })
    const connections = Array.from({ length: 40 }, () => new TestConnection(endpoint()))
    for (const connection of connections) {
      connection.onPing = () => loop.arrive(() => { connection.bytesRead += 6 }, 80)
      add(connection)
    }
    while (loop.now() < 250_000) loop.stall(round)
    const pings = connections.map((connection) => connection.pings.length)
    t.ok(pings.every((count) => count === 9 || count === 10), `${Math.min(...pings)} to ${Math.max(...pings)} pings in ten intervals`)
    t.equal(monitor.deaths, 0)
    for (const connection of connections) connection.onPing = () => {}
    while (loop.now() < 500_000) loop.stall(round)
    t.equal(connections.filter(({ ends }) => ends.length > 0).length, 40)
  }
})

void t.test('what was missed in a stall is made up for without a burst', async t => {
  const { loop, add } = setup({ interval: 25_000, timeout: 10_000 })
  let pings = 0
  for (let n = 0; n < 1_000; n++) {
    const connection = new TestConnection(endpoint())
    connection.onPing = () => {
      pings++
      connection.bytesRead += 6
    }
    add(connection)
  }
  loop.run(35_000)
  const before = pings
  loop.stall(3_500)
  let most = pings - before
  for (let turn = 0; turn < 21; turn++) {
    const then = pings
    loop.run(100)
    most = Math.max(most, pings - then)
  }
  t.ok(most <= 50, `at most ${most} in 100 ms`)
  t.ok(pings - before >= 260, `${pings - before} of the 279 that were due in 5.6 s`)
})

/** What most servers do: `isAlive` flags and an interval. */
function naiveDeaths (point: number): number {
  const loop = new EventLoop()
  const peers = Array.from({ length: 40 }, () => ({ alive: true }))
  let dead = 0
  const sweep = (): void => {
    loop.setTimeout(sweep, 1_000)
    for (const peer of peers) {
      if (!peer.alive) dead++
      peer.alive = false
      loop.arrive(() => { peer.alive = true }, 80)
    }
  }
  loop.setTimeout(sweep, 1_000)
  loop.run(5_000 + point)
  loop.stall(3_500)
  loop.run(3_000)
  return dead
}
