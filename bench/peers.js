import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { handshakePeers } from './scenarios-handshake.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Servers that do the same work, each as its users write it. `command` is undefined when the peer is not installed. */
export const peers = {
  ours: { title: 'fastify-realtime', dialect: 'realtime', command: node('ours.js') },
  'ours+window': { title: 'fastify-realtime, 10 ms window', dialect: 'realtime', command: node('ours.js'), options: { window: 10 } },
  ws: { title: 'ws, a send loop', dialect: 'plain', command: node('ws.js') },
  'fastify-websocket': { title: '@fastify/websocket, a send loop', dialect: 'plain', command: node('fastify-websocket.js') },
  'socket.io': { title: 'Socket.IO 4.8', dialect: 'socketio', command: node('socketio.js') },
  bun: { title: 'Bun publish', dialect: 'plain', command: bun() },
  gin: { title: 'Gin + gorilla/websocket hub', dialect: 'plain', command: gin() },
  ...handshakePeers
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
