// The brokers that the capability table shows, each on the real server where it needs one.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const dist = (name, file = 'index') => import(pathToFileURL(join(root, 'packages', name, 'dist', `${file}.js`)).href)
const dependency = (name, module) => import(pathToFileURL(createRequire(join(root, 'packages', name, 'package.json')).resolve(module)).href)

const { memoryBroker, memoryHub, combine } = await dist('broker')
const { missing, RedisServer } = await dist('testing', 'redis-server')

/** Each answers the suite's subject and how to clean up, or `undefined` where its server is not installed. */
export const brokers = { memory, combined, redis, nats }

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

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

async function natsServer () {
  const directory = mkdtempSync(join(tmpdir(), 'nats-server-'))
  const port = await freePort()
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
