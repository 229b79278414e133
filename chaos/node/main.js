import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answer, settings, tell } from '../world/answering.js'
import { buildApp } from './app.js'

const RESOLUTION = 10
const counts = { reads: 0, positions: 0, changes: 0 }
const app = await buildApp({ ...settings, counts })
const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
delay.enable()

/** The most bytes that ever waited for slow readers. */
let pressure = 0
setInterval(() => { pressure = Math.max(pressure, app.connectionPool.pressure) }, 50).unref()
app.broker.on('up', () => tell('broker', { up: true }))
app.broker.on('down', () => tell('broker', { up: false }))

answer({
  stats: () => ({
    ...counts,
    connections: app.connectionPool.size,
    pressure,
    deaths: app.heartbeat.deaths,
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
