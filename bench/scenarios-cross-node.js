import { fileURLToPath } from 'node:url'
import { fanOut } from './fan-out.js'
import { redisServer } from './redis.js'

const peer = (title, dialect, file, options) => ({
  title,
  dialect,
  options,
  command: redisServer && [process.execPath, fileURLToPath(new URL(`./peers/${file}`, import.meta.url))],
  install: 'needs redis-server: "apt-get install redis-server", or REDIS_SERVER=/path/to/one'
})

/** Servers that reach the subscribers of another server through Redis. */
export const crossNodePeers = {
  'ours+redis': peer('fastify-realtime', 'realtime', 'ours.js'),
  'ours+redis+history': peer('fastify-realtime, history', 'realtime', 'ours.js', { history: true }),
  'socket.io+redis': peer('Socket.IO 4.8, Redis adapter', 'socketio', 'socketio.js')
}

const scenario = (title, detail, pace) => ({
  title,
  unit: 'µs of the receiving server\'s CPU per delivery',
  detail: `${detail}. One server has the subscribers and core 0 for itself; the other server, where all is published, Redis and the load share core 1`,
  redis: true,
  own: 'ours+redis',
  peers: Object.keys(crossNodePeers),
  run: fanOut(pace)
})

export const crossNode = {
  'cross-node': scenario('From one server to another through Redis', '128 bytes, every 20 ms', { ticks: 150, perTick: 1, interval: 20, size: 128 }),
  'cross-node-ten': scenario('Through Redis, ten publications per turn', '128 bytes, ten every 100 ms', { ticks: 45, perTick: 10, interval: 100, size: 128 })
}
