import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAndGreet } from '@fastify-realtime/testing'
import { serve } from './server.mjs'

// Needs --expose-gc. What is too big for the tests of a package: nothing may be left, and nothing may grow.

async function clients (port, deed, count) {
  const child = fork(new URL('./clients.mjs', import.meta.url), [port, deed, count], { execArgv: [] })
  await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`the clients ended with ${code}`) })])
  return async () => {
    child.send('leave')
    await once(child, 'exit')
  }
}

async function until (condition, what) {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) assert.fail(`expected ${what} within 10 s`)
    await sleep(20)
  }
}

/** Used bytes of the heap once all garbage is gone, weak references and finalizers included. */
async function heap () {
  let least = Infinity
  for (let round = 0; round < 6; round++) {
    globalThis.gc()
    await sleep(50)
    least = Math.min(least, process.memoryUsage().heapUsed)
  }
  return least
}

/** Everything that a connection can leave behind, by name. */
async function remains ({ connectionPool: pool, broadcast, heartbeat, realtimeMetrics, websocketServer, server }) {
  const gauges = await realtimeMetrics.registry.metrics()
  const gauge = (name) => Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(gauges)?.[1] ?? NaN)
  return {
    connections: pool.size,
    sockets: websocketServer.clients.size,
    pressure: pool.pressure,
    beaten: heartbeat.size,
    topics: [...broadcast.topics()].length,
    subscriptions: gauge('realtime_subscriptions'),
    listeners: server.listenerCount('upgrade') + websocketServer.listenerCount('connection') + process.listenerCount('exit'),
    resources: process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate' || name.startsWith('TCP')).toSorted().join(' ')
  }
}

test('10,000 connections that come, subscribe and go leave nothing, and the heap within 2 %', async () => {
  const { app, port } = await serve()
  const fresh = await remains(app)
  const cycles = async (count) => {
    const leave = await clients(port, 'cycles', count)
    await leave()
    await until(() => app.connectionPool.size === 0 && app.websocketServer.clients.size === 0, 'all connections to end')
  }
  try {
    // Until the code is compiled and every map has its size.
    await cycles(5_000)
    const before = await heap()
    await cycles(10_000)
    await until(() => [...app.broadcast.topics()].length === 0, 'all topics to be left')
    const after = await heap()
    assert.deepEqual(await remains(app), fresh)
    const growth = (after - before) / before
    console.log(`heap ${(before / 1e6).toFixed(2)} MB before, ${(after / 1e6).toFixed(2)} MB after: ${(growth * 100).toFixed(2)} %`)
    assert.ok(growth < 0.02, `the heap grew by ${(growth * 100).toFixed(2)} %`)
  } finally {
    await app.close()
  }
})

test('1,000 readers that never read hold no more than the node may, and their neighbour loses nothing', async () => {
  const maxPressure = 67_108_864
  const { app, port } = await serve({ maxPressure })
  const pool = app.connectionPool
  const neighbour = await connectAndGreet(`ws://127.0.0.1:${port}`, { token: 'neighbour' })
  const leave = await clients(port, 'readers', 1_000)
  try {
    await until(() => pool.size === 1_001, 'everybody to be there')
    const before = await heap() + process.memoryUsage().arrayBuffers
    let [pressure, memory] = [0, 0]
    for (let round = 0; round < 1_000 && pool.size > 500; round++) {
      // A frame of its own for everybody, so that what waits is really held.
      const text = JSON.stringify({ type: 'expiring', at: round, filler: 'x'.repeat(16_384) })
      for (const connection of pool) connection.send(pool.frame(connection.codec, text))
      pressure = Math.max(pressure, pool.pressure)
      assert.equal((await neighbour.next('expiring')).at, round)
      if (round % 10 === 0) {
        globalThis.gc()
        const { heapUsed, arrayBuffers } = process.memoryUsage()
        memory = Math.max(memory, heapUsed + arrayBuffers - before)
      }
    }
    const told = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
    console.log(`at most ${told(pressure)} waited and ${told(memory)} were held; ${1_001 - pool.size} readers were sent away`)
    // What one turn brings is counted when the turn is over.
    assert.ok(pressure <= maxPressure + 1_001 * 17_000, `${told(pressure)} waited`)
    assert.ok(memory < 2 * maxPressure, `${told(memory)} were held`)
    assert.ok(pool.size <= 500, 'the run was long enough to need the limit')
  } finally {
    await leave()
    await app.close()
  }
})
