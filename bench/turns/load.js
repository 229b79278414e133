// The clients: one JSON object per line on standard input, one line for an answer.
import { createInterface } from 'node:readline'
import { Connection } from '../load/connection.js'
import { token } from '../token.js'

/** Where the frames of all clients are counted by type. */
const counts = {}
let waiting = []
/** How old publications were when they came, in milliseconds. */
let latencies = []

function count (type) {
  counts[type] = (counts[type] ?? 0) + 1
  waiting = waiting.filter((waiter) => !waiter.check())
}

/** A client of the wire that keeps its position, and comes back when it is told that it lost it. */
class Client extends Connection {
  positions = new Map()

  frame (bytes, first, start, end) {
    if ((first & 15) !== 1 || this.state !== 'open') return super.frame(bytes, first, start, end)
    const type = bytes.latin1Slice(Math.min(start + 9, end), Math.min(start + 21, end))
    if (type.startsWith('publication')) {
      if (this.index % 10 === 0) this.time(bytes.latin1Slice(start, Math.min(end, start + 300)))
      return count('publication')
    }
    if (type.startsWith('presence')) return count('presence')
    if (type.startsWith('heartbeat')) return
    const envelope = JSON.parse(bytes.utf8Slice(start, end))
    if (envelope.type === 'unsubscribed') this.subscribe(envelope.topic)
    if (envelope.type === 'reply' && envelope.data?.recovered !== undefined) count(envelope.data.recovered ? 'recovered' : 'unrecovered')
    if (envelope.type === 'reply' && envelope.data?.position !== undefined) this.positions.set(envelope.id, envelope.data.position)
    if (envelope.type === 'reply' && envelope.data?.more === true) this.subscribe(envelope.id)
    count(envelope.type)
  }

  time (head) {
    const at = Number(/"at":([0-9.]+)/.exec(head)?.[1] ?? 0)
    if (at > 1e12) latencies.push(performance.timeOrigin + performance.now() - at)
  }

  subscribe (topic, more = {}) {
    const since = this.positions.get(topic)
    this.send(JSON.stringify({ type: 'subscribe', id: topic, data: { topic, ...since && { since }, ...more } }))
  }
}

const dialect = {
  path: () => '/ws',
  protocols: (index) => `realtime.v1.json, bearer.${Buffer.from(token(`user${index}`)).toString('base64url')}`,
  greet: (text) => JSON.parse(text).type === 'welcome',
  isCounted: () => true
}
const tally = { lost: 0, compressed: 0, count () {} }
let clients = []

const commands = {
  async connect ({ port, count, atOnce }) {
    const open = async () => {
      while (clients.length < count) {
        const client = new Client(clients.length, '', { port, dialect }, tally)
        client.index = clients.length
        clients.push(client)
        await client.ready
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, open))
  },
  /** All ask for a topic as fast as they can; `since` makes them ask for what they know of another. */
  async subscribe ({ topic, first = clients.length, more, from }) {
    for (const client of clients.slice(0, first)) {
      if (from !== undefined) client.positions.set(topic, from)
      client.subscribe(topic, more)
    }
  },
  async ask ({ type, topic, first = clients.length }) {
    for (const client of clients.slice(0, first)) client.send(JSON.stringify({ type, id: `${type} ${topic}`, data: { topic } }))
  },
  async position ({ topic }) { return { position: clients[0].positions.get(topic) } },
  /** Settles when so many frames of a type have come since the last reset. */
  async wait ({ type, count: wanted, timeout = 60_000 }) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout)
      const check = () => {
        if ((counts[type] ?? 0) < wanted) return false
        clearTimeout(timer)
        resolve()
        return true
      }
      if (!check()) waiting.push({ check })
    })
    const came = counts[type] ?? 0
    for (const name of Object.keys(counts)) counts[name] = 0
    if (came < wanted) throw new Error(`${came} of ${wanted} ${type}`)
    const sorted = latencies.sort((a, b) => a - b)
    latencies = []
    return { came, p50: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] }
  },
  /** They read nothing any more, and still hold their connections. */
  async stop ({ last }) {
    if (last > 0) for (const client of clients.slice(-last)) client.socket.pause()
  },
  async leave ({ first }) {
    for (const client of clients.slice(0, first)) client.end()
    clients = clients.slice(first)
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const command = JSON.parse(line)
  commands[command.do](command).then((result) => process.stdout.write(JSON.stringify(result ?? {}) + '\n'),
    (error) => process.stdout.write(JSON.stringify({ error: error.message }) + '\n'))
})
lines.on('close', () => process.exit())
