import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answer, settings, tell } from '../world/answering.js'
import { buildApp } from './app.js'

const RESOLUTION = 10
const counts = { reads: 0, positions: 0, changes: 0 }
const app = await buildApp({ ...settings, counts })
const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
delay.enable()

/** Handshakes of each second. */
const handshakes = new Map()
app.connectionPool.on('open', () => {
  const second = Math.floor(Date.now() / 1_000)
  handshakes.set(second, (handshakes.get(second) ?? 0) + 1)
})
app.broker.on('up', () => tell('broker', { up: true }))
app.broker.on('down', () => tell('broker', { up: false }))

answer({
  stats: () => ({
    ...counts,
    connections: app.connectionPool.size,
    handshakes: Math.max(0, ...handshakes.values()),
    opened: [...handshakes.values()].reduce((sum, count) => sum + count, 0),
    broadcast: { ...app.broadcast.counters },
    rss: process.memoryUsage().rss
  }),
  // How late the event loop was since the last question. The histogram holds whole intervals.
  loop () {
    const late = (value) => Math.max(0, value / 1e6 - RESOLUTION)
    const result = { p99: late(delay.percentile(99)), max: late(delay.max), count: delay.count }
    delay.reset()
    return result
  },
  async drain ({ over, deadline }) {
    await app.connectionPool.drain({ over, deadline })
    await app.close()
  }
})

await app.listen({ host: '127.0.0.1', port: settings.port, backlog: 4_096 })
tell('ready')
