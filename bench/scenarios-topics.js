import { fileURLToPath } from 'node:url'
import { publishing } from './fan-out.js'
import { memoryOf } from './machine.js'
import { connect } from './measured.js'

const command = [process.execPath, '--expose-gc', fileURLToPath(new URL('./peers/ours.js', import.meta.url))]
const peer = (title, kind) => ({ title, dialect: 'realtime', command, options: { others: kind } })

/** The same server, and what it has besides the topics that are measured. */
export const topicsPeers = {
  'topics-none': peer('no other topics', 'none'),
  'topics-published': peer('100,000 published to', 'published'),
  'topics-history': peer('100,000 with history', 'history'),
  'topics-subscribed': peer('100,000 subscribed to', 'subscribed')
}

const others = 100_000
const pace = { perTick: 20, interval: 5, size: 128 }
const timeout = 120_000

export const topics = {
  title: 'Publications beside 100,000 other topics',
  unit: 'µs of server CPU per publication',
  detail: '128 bytes, 20 every 5 ms, over 100 topics with one subscriber each. The others were published to once, without history and with, ' +
    'or are subscribed to by ten of the connections, 10,000 each; nothing is published to them meanwhile',
  connections: { exactly: 100 },
  rooms: 100,
  peers: Object.keys(topicsPeers),
  base: 'topics-none',
  async run (trial) {
    const { server } = trial
    await connect(trial)
    await server.ask('fill', { count: 0 })
    const before = memoryOf(server.pid)
    await server.ask('fill', { count: others }, timeout)
    const perTopic = (memoryOf(server.pid) - before) / others
    await publishing(trial, { ...pace, ticks: 300 })
    const { cpu, publications, bytes, p50, p99 } = await publishing(trial, { ...pace, ticks: 800 })
    return { value: cpu / publications, bytes, p50, p99, perTopic, memory: memoryOf(server.pid) }
  }
}
