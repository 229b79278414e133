// Everything registered, over a broker that can go away, and a watch on the turns of the event loop.
import auth from '@fastify-realtime/auth'
import broadcast from '@fastify-realtime/broadcast'
import broker, { memoryBroker } from '@fastify-realtime/broker'
import cluster from '@fastify-realtime/cluster'
import connectionPool from '@fastify-realtime/connection-pool'
import heartbeat from '@fastify-realtime/heartbeat'
import messageRouter from '@fastify-realtime/message-router'
import metrics from '@fastify-realtime/metrics'
import presence from '@fastify-realtime/presence'
import Fastify from 'fastify'
import { createInterface } from 'node:readline'
import { secret } from '../token.js'
import { LongestCallback } from './longest-callback.js'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The memory broker, and what it would be like if it were elsewhere: it goes away, and what is published then is not delivered. */
class LeavingBroker {
  #inner = memoryBroker()
  #sink
  #away = false
  name = 'leaving'
  patterns = true
  /** As far away as Redis: whoever asks meanwhile waits for the same answer. */
  history = {
    read: async (...query) => { await pause(2); return this.#inner.history.read(...query) },
    position: async (...topic) => { await pause(2); return this.#inner.history.position(...topic) }
  }

  presence = this.#inner.presence
  records = this.#inner.records

  async start (sink) {
    this.#sink = sink
    await this.#inner.start({ state: () => {}, deliver: (record) => { if (!this.#away || record.channel !== 'topics') sink.deliver(record) } })
  }

  publish (record, options) { return this.#inner.publish(record, options) }
  subscribe (channel, topic) { return this.#inner.subscribe(channel, topic) }
  unsubscribe (channel, topic) { return this.#inner.unsubscribe(channel, topic) }
  stop () { return this.#inner.stop() }

  leave () {
    this.#away = true
    this.#sink.state(false)
  }

  comeBack () {
    this.#away = false
    this.#sink.state(true)
  }
}

const leaving = new LeavingBroker()
const app = Fastify({ connectionTimeout: 10_000 })
await app.register(connectionPool, { maxConnections: 15_000, maxPendingHandshakes: 6_000 })
await app.register(heartbeat)
await app.register(broker, { use: leaving })
await app.register(auth, { jwt: { secret } })
await app.register(messageRouter)
const filtered = ({ data: { at } }, connection) => at >= 0 && connection.state === 'open'
await app.register(broadcast, {
  topics: {
    'room:*': { history: { size: 300, ttl: 300_000 } },
    'plain:*': {},
    'filtered:*': { filter: filtered },
    'delta:*': { delta: true },
    'members:*': {}
  },
  canSubscribe: () => true,
  canSeePresence: () => true
})
await app.register(presence, { topics: ['members:*'] })
await app.register(cluster)
await app.register(metrics)
app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })

const callbacks = new LongestCallback()
const text = 'x'.repeat(200)
const publish = (topic, count) => Promise.all(Array.from({ length: count }, (_, at) => app.broadcast.publish(topic, 'tick', { at, text })))
const commands = {
  watch: async () => { callbacks.start() },
  seen: async () => callbacks.stop(),
  publish: ({ topic, count }) => publish(topic, count),
  /** Publications with the moment of their making; the answer is the most that ever waited for slow readers. */
  pace: async ({ topic, count, interval, size }) => {
    const long = 'x'.repeat(size)
    let most = 0
    for (let n = 0; n < count; n++) {
      const at = performance.timeOrigin + performance.now()
      await app.broadcast.publish(topic, 'tick', { at, text: long })
      most = Math.max(most, app.connectionPool.pressure)
      await pause(interval)
    }
    return { most }
  },
  outage: async ({ topic, lost }) => {
    leaving.leave()
    await publish(topic, lost)
    await pause(20)
    leaving.comeBack()
  },
  metrics: async () => { await app.inject('/metrics') },
  drain: () => app.connectionPool.drain({ over: 5_000, deadline: 15_000 })
}
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const command = JSON.parse(line)
  commands[command.do](command).then(
    (answer) => process.stdout.write(JSON.stringify({ ...answer, counters: app.broadcast.counters, size: app.connectionPool.size }) + '\n'),
    (error) => process.stdout.write(JSON.stringify({ error: error.stack }) + '\n')
  )
})
lines.on('close', () => process.exit())
process.stdout.write(JSON.stringify({ port: app.server.address().port }) + '\n')
