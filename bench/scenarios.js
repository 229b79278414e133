import { fanOut, wide } from './fan-out.js'
import { cpuOf, memoryOf } from './machine.js'
import { connect, expect, measured } from './measured.js'
import { crossNode } from './scenarios-cross-node.js'
import { handshake } from './scenarios-handshake.js'
import { topics } from './scenarios-topics.js'

const everybody = ['ours', 'ws', 'fastify-websocket', 'socket.io', 'bun', 'gin']

/**
 * What is measured. `connections` is a share of `--connections`, or a number of its own. `run` answers the value, and
 * throws when what was delivered is not what should have been. With `redis` there is one, and a second server that publishes.
 */
export const scenarios = {
  'fan-out': {
    title: 'Fan-out, one publication at a time',
    unit: 'µs of server CPU per delivery',
    detail: '128 bytes, every 15 ms',
    run: fanOut({ ticks: 150, perTick: 1, interval: 15, size: 128 })
  },
  'fan-out-ten': {
    title: 'Fan-out, ten publications per turn',
    unit: 'µs of server CPU per delivery',
    detail: '128 bytes, ten every 50 ms',
    run: fanOut({ ticks: 60, perTick: 10, interval: 50, size: 128 })
  },
  'fan-out-wide': {
    title: 'Fan-out to 10,000 connections',
    unit: 'µs of server CPU per delivery',
    detail: '128 bytes, every 150 ms, after the same server had 1,000 connections and a publication every 15 ms',
    connections: { exactly: 10_000 },
    peers: ['ours', 'ws', 'socket.io'],
    run: wide
  },
  paced: {
    title: '400 publications a second, evenly spaced',
    unit: 'µs of server CPU per delivery',
    detail: '128 bytes, a quarter of the connections',
    connections: { share: 0.25 },
    peers: ['ours', 'ours+window', 'ws', 'fastify-websocket', 'socket.io', 'bun', 'gin'],
    run: fanOut({ ticks: 1_200, perTick: 1, interval: 2.5, size: 128 })
  },
  rooms: {
    title: '100 rooms of 20, everybody talking',
    unit: 'µs of server CPU per delivery',
    detail: '500 messages of 128 bytes a second come in, each goes to 20',
    connections: { exactly: 2_000 },
    rooms: 100,
    run: chatting({ each: 2, over: 8_000, size: 128 })
  },
  deflate: {
    title: 'Compressed fan-out, 1 KB',
    unit: 'µs of server CPU per delivery',
    detail: 'permessage-deflate, as browsers offer it',
    deflate: true,
    run: fanOut({ ticks: 60, perTick: 1, interval: 100, size: 1_024 })
  },
  idle: {
    title: 'Memory of an idle connection',
    unit: 'KB of RSS per connection',
    detail: '10,000 connections with the headers of a browser',
    connections: { exactly: 10_000 },
    browser: true,
    run: idle
  },
  storm: {
    title: 'Connect storm',
    unit: 'µs of server CPU per connection',
    detail: '5,000 connections at once, until each is ready',
    connections: { exactly: 5_000 },
    browser: true,
    run: storm
  },
  'request-reply': {
    title: 'Request and reply',
    unit: 'µs of server CPU per request',
    detail: '64 bytes, one open question per connection',
    run: asking({ each: 60, size: 64 })
  },
  handshake,
  ...crossNode,
  topics
}

for (const scenario of Object.values(scenarios)) scenario.peers ??= everybody

function chatting ({ each, over, size }) {
  return async (trial) => {
    const { load, count, scenario } = trial
    await connect(trial)
    const talk = async (each, over, waiting) => {
      await load.ask('chat', { each, over, size })
      return await waiting()
    }
    const perMessage = count / scenario.rooms
    await measured(trial, count * perMessage, (waiting) => talk(1, over / 2, waiting))
    const wanted = each * count * perMessage
    const { cpu, bytes } = await measured(trial, wanted, (waiting) => talk(each, over, waiting))
    return { value: cpu / wanted, bytes: bytes / wanted }
  }
}

async function idle (trial) {
  const { server, count } = trial
  const before = memoryOf(server.pid)
  await connect(trial)
  // Long enough for what the upgrades left behind to be collected, if it ever is.
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  return { value: (memoryOf(server.pid) - before) / count / 1_024 }
}

async function storm (trial) {
  const { server, count } = trial
  const before = cpuOf(server.pid)
  const { open, ms } = await connect(trial, count)
  expect('connections', open, count)
  return { value: (cpuOf(server.pid) - before) / count, ms }
}

function asking ({ each, size }) {
  return async (trial) => {
    const { load, count } = trial
    await connect(trial)
    const ask = async (each, waiting) => {
      await load.ask('ask', { each, size })
      return await waiting()
    }
    await measured(trial, 20 * count, (waiting) => ask(20, waiting))
    // The allowance for messages of one connection fills up again.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const { cpu } = await measured(trial, each * count, (waiting) => ask(each, waiting))
    return { value: cpu / (each * count) }
  }
}
