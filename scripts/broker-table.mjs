// Runs the conformance suite over every broker that can run here and writes the capability table into docs/brokers.md, or
// fails when the page says something else: `node scripts/broker-table.mjs [--check]`. Reads what `npm run build` made.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const page = join(root, 'docs', 'brokers.md')
const marks = ['<!-- what the conformance suite prints -->', '<!-- end -->']

const dist = (name, file = 'index') => import(pathToFileURL(join(root, 'packages', name, 'dist', `${file}.js`)).href)
const dependency = (name, module) => import(pathToFileURL(createRequire(join(root, 'packages', name, 'package.json')).resolve(module)).href)

const { memoryBroker, memoryHub, combine } = await dist('broker')
const { brokerConformance } = await dist('broker', 'conformance')
const { missing, RedisServer } = await dist('testing', 'redis-server')

/** Each answers the suite's subject and how to clean up, or `undefined` where its server is not installed. */
const brokers = { memory, combined, redis, nats }

async function memory () {
  return {
    create () {
      const hub = memoryHub()
      return { node: () => memoryBroker({ hub }) }
    }
  }
}

/** Carries records and lends the rest, as a broker without capabilities does. */
async function combined () {
  return {
    create () {
      const [carrier, lender] = [memoryHub(), memoryHub()]
      return {
        node () {
          const { history: _history, presence: _presence, records: _records, ...bare } = open(memoryBroker({ hub: carrier }))
          const keeper = memoryBroker({ hub: lender })
          return combine(bare, { history: keeper, presence: keeper, records: keeper })
        }
      }
    }
  }
}

function open (broker) {
  return {
    name: 'bare',
    patterns: broker.patterns,
    start: (sink) => broker.start(sink),
    publish: (record, options) => broker.publish(record, options),
    subscribe: (channel, topic) => broker.subscribe(channel, topic),
    unsubscribe: (channel, topic) => broker.unsubscribe(channel, topic),
    stop: () => broker.stop()
  }
}

async function redis () {
  if (missing !== false) return undefined
  const [{ redisBroker }, { Redis }] = [await dist('broker-redis'), await dependency('broker-redis', 'ioredis')]
  const server = await RedisServer.start({ settings: ['--appendonly', 'yes'] })
  const raw = new Redis(server.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
  raw.on('error', () => {})
  let groups = 0
  return {
    create () {
      const prefix = `g${++groups}`
      return {
        node: () => redisBroker({ client: new Redis(server.port, '127.0.0.1', { lazyConnect: true }), prefix }),
        outage: { begin: () => server.kill(), end: () => server.up() },
        inject: async (channel, topic, bytes) => { await raw.publish(`${prefix}|${channel}|${topic}`, Buffer.from(bytes)) }
      }
    },
    async end () {
      raw.disconnect()
      await server.end()
    }
  }
}

async function nats () {
  const built = join(root, 'packages', 'broker-nats', 'dist', 'nats-broker.js')
  if (!existsSync(built) || (spawnSync('nats-server', ['--version']).status !== 0 && !process.env.CI)) return undefined
  const [{ natsBroker }, { Subjects }] = [await dist('broker-nats'), await dist('broker-nats', 'subjects')]
  const transport = await dependency('broker-nats', '@nats-io/transport-node')
  const server = await natsServer()
  const join4 = () => Promise.all([1, 2, 3, 4].map(() => transport.connect({
    servers: `127.0.0.1:${server.port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0
  })))
  const [raw, ...rest] = await join4()
  let groups = 0
  return {
    async create () {
      const prefix = `g${++groups}`
      const connections = await join4()
      const free = [...connections]
      return {
        node: () => natsBroker({ connection: free.pop(), prefix, maxBytes: 16_777_216 }),
        end: () => Promise.all(connections.map((connection) => connection.close())),
        outage: { begin: server.kill, end: server.up },
        async inject (channel, topic, bytes) {
          raw.publish(new Subjects(prefix).deliver(channel, topic).replace('*', 'n'), bytes)
          await raw.flush()
        }
      }
    },
    async end () {
      await Promise.all([raw, ...rest].map((connection) => connection.close()))
      await server.end()
    }
  }
}

async function natsServer () {
  const directory = mkdtempSync(join(tmpdir(), 'nats-server-'))
  const port = 20_000 + process.pid % 20_000
  let child
  const up = async () => {
    child = spawn('nats-server', ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', directory], { stdio: 'ignore' })
    for (let tries = 0; tries < 500; tries++) {
      const socket = connect(port, '127.0.0.1')
      const answers = await Promise.race([once(socket, 'data').then(() => true, () => false), once(socket, 'close').then(() => false)])
      socket.destroy()
      if (answers) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('nats-server does not answer')
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await up()
  return {
    port,
    up,
    kill,
    async end () {
      await kill()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Section → verdict; throws with the facts that a broker breaks. */
async function examine (name, { create, end }) {
  const tests = []
  const broken = []
  let table = ''
  brokerConformance((fact, run) => tests.push([fact, run]), { name, create }, { report: (text) => { table = text } })
  try {
    for (const [fact, run] of tests) await run().catch((error) => broken.push(`${fact}: ${error.message}`))
  } finally {
    await end?.()
  }
  if (broken.length > 0) throw new Error(`${name} breaks\n${broken.join('\n')}`)
  return new Map(cells(table).slice(2).map(([section, verdict]) => [section, verdict]))
}

function cells (table) {
  return table.split('\n').map((row) => row.slice(1, -1).split('|').map((cell) => cell.trim()))
}

/** Name of the broker → its column, as the page has it. */
function readTable (text) {
  const [head, , ...rows] = cells(text.trim())
  return new Map(head.slice(1).map((name, at) => [name, new Map(rows.map((row) => [row[0], row[at + 1]]))]))
}

function writeTable (columns) {
  const sections = [...new Set([...columns.values()].flatMap((column) => [...column.keys()]))]
  const row = (first, of) => `| ${[first, ...[...columns].map(of)].join(' | ')} |`
  return [
    row('', ([name]) => name), `|${'---|'.repeat(columns.size + 1)}`,
    ...sections.map((section) => row(section, ([, column]) => column.get(section)))
  ].join('\n')
}

const text = readFileSync(page, 'utf8')
const [from, to] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])]
const before = text.slice(from, to).trim()
// A column whose broker cannot run here stays as it is.
const columns = before === '' ? new Map() : readTable(before)
const ran = []
for (const [name, prepare] of Object.entries(brokers)) {
  const subject = await prepare()
  if (subject === undefined) continue
  columns.set(name, await examine(name, subject))
  ran.push(name)
}
const after = writeTable(columns)
console.log(`${after}\n\nran: ${ran.join(', ')}`)
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('docs/brokers.md says something else: run node scripts/broker-table.mjs')
    process.exitCode = 1
  }
} else writeFileSync(page, `${text.slice(0, from)}\n\n${after}\n\n${text.slice(to)}`)
