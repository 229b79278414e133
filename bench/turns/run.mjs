// node bench/turns/run.mjs [connections]: the longest turn of the event loop in everything that concerns all connections at once.
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'
import { pinned } from '../machine.js'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const connections = Number(process.argv[2] ?? 10_000)
// Not pinned: what compiles and collects in threads of its own would take turns with the callbacks.
const server = new Child([process.execPath, here('server.js')], { NODE_ENV: 'production' })
const load = new Child([...pinned(1), process.execPath, here('load.js')])
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const rows = []

/** Does something, waits for what should come of it, and keeps the longest callback: the median where it can be repeated. */
async function step (name, act, type, count = connections, times = 1) {
  const seen = []
  for (let n = 0; n < times; n++) {
    await pause(500)
    await server.ask('watch')
    const start = performance.now()
    await act()
    if (type !== undefined) await load.ask('wait', { type, count }, 90_000)
    seen.push({ took: performance.now() - start, ...await server.ask('seen') })
  }
  const { longest, total, kind, pause: collector, took } = seen.sort((a, b) => a.longest - b.longest)[times >> 1]
  const best = seen[0].longest.toFixed(1)
  rows.push({ name, 'longest ms': longest.toFixed(1), best, 'gc ms': collector.toFixed(1), 'CPU ms': total.toFixed(0), 'took ms': took.toFixed(0), kind })
  process.stderr.write(`${name}: ${longest.toFixed(1)} ms (best ${best}, gc ${collector.toFixed(1)}) in ${kind}, all ${total.toFixed(0)} of CPU in ${took.toFixed(0)}\n`)
}

const subscribe = (topic, more = {}) => load.ask('subscribe', { topic, ...more })
const publish = (topic, count) => server.ask('publish', { topic, count })

try {
  const { port } = await server.answer(20_000)
  // The first ones meet code that was never run.
  await load.ask('connect', { port, count: 100, atOnce: 100 }, 120_000)
  await step('connect, 100 at a time', () => load.ask('connect', { port, count: connections, atOnce: 100 }, 120_000))
  await step('all subscribe to a topic with history', () => subscribe('room:1'), 'reply')
  await step('all subscribe to a topic without', () => subscribe('plain:1'), 'reply')
  await step('one publication', () => publish('plain:1', 1), 'publication', connections, 5)
  await step('ten in one turn', () => publish('plain:1', 10), 'publication', connections * 10, 5)
  await step('one with history', () => publish('room:1', 1), 'publication', connections, 5)
  await step('all subscribe to a filtered topic', () => subscribe('filtered:1'), 'reply')
  await step('one filtered', () => publish('filtered:1', 1), 'publication', connections, 5)
  await step('all subscribe to deltas', () => subscribe('delta:1', { more: { delta: true } }), 'reply')
  await step('two as deltas', () => publish('delta:1', 2), 'publication', connections * 2, 5)
  await step('an outage that lost one, and all recover', () => server.ask('outage', { topic: 'room:1', lost: 1 }), 'recovered', connections, 3)
  const { position } = await load.ask('position', { topic: 'room:1' })
  await publish('room:1', 100)
  await load.ask('wait', { type: 'publication', count: connections * 100 }, 90_000)
  const thousand = Math.min(1_000, connections)
  await step('a thousand recover 100 publications', () => subscribe('room:1', { first: thousand, from: position }), 'recovered', thousand)
  await step('all subscribe to a topic with presence', () => subscribe('members:1'), 'reply')
  await step('all watch who is there', () => load.ask('ask', { type: 'presence', topic: 'members:1' }), 'reply')
  await step('all leave a topic', () => load.ask('ask', { type: 'unsubscribe', topic: 'plain:1' }), 'reply')
  await step('a scrape of the metrics', () => server.ask('metrics'), undefined, 0, 5)
  await step('a thousand go at once', async () => {
    await load.ask('leave', { first: thousand })
    await pause(3_000)
  })
  await step('drain over 5 s', () => server.ask('drain', {}, 60_000))
  console.table(rows)
} finally {
  await Promise.all([load.stop(), server.stop()])
}
