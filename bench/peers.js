import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crossNodePeers } from './scenarios-cross-node.js'
import { handshakePeers } from './scenarios-handshake.js'
import { topicsPeers } from './scenarios-topics.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const setup = 'node bench/setup.js fetches it'

/** Servers that do the same work, each as its users write it. `command` is undefined when the peer is not installed, and `install` says how. */
export const peers = {
  ours: { title: 'fastify-realtime', dialect: 'realtime', command: node('ours.js') },
  'ours+window': { title: 'fastify-realtime, 10 ms window', dialect: 'realtime', command: node('ours.js'), options: { window: 10 } },
  ws: { title: 'ws, a send loop', dialect: 'plain', command: node('ws.js') },
  'fastify-websocket': { title: '@fastify/websocket, a send loop', dialect: 'plain', command: node('fastify-websocket.js') },
  'socket.io': { title: 'Socket.IO 4.8', dialect: 'socketio', command: node('socketio.js') },
  bun: { title: 'Bun publish', dialect: 'plain', command: bun(), install: setup },
  gin: { title: 'Gin + gorilla/websocket hub', dialect: 'plain', command: gin(), install: `${setup} where Go is` },
  ...handshakePeers,
  ...crossNodePeers,
  ...topicsPeers
}

function node (file) {
  return [process.execPath, here(`./peers/${file}`)]
}

function bun () {
  const own = here(`./.peers/node_modules/@oven/bun-linux-${process.arch}/bin/bun`)
  const found = [own, ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'bun'))].find(existsSync)
  return found === undefined ? undefined : [found, here('./peers/bun.js')]
}

function gin () {
  const binary = here('./.peers/gin')
  return existsSync(binary) ? [binary] : undefined
}
