import { fileURLToPath } from 'node:url'
import { cpuOf } from './machine.js'

const command = [process.execPath, fileURLToPath(new URL('./peers/handshake.js', import.meta.url))]
const peer = (title, dialect, verify) => ({ title, dialect, command, options: { verify } })

/** The same server with and without auth. What is asked for is the same to the byte, but for the length of a signature. */
export const handshakePeers = {
  'no-auth': peer('no auth', 'handshake-hs256'),
  'hs256-seen': peer('HS256, a token that came before', 'handshake-seen', 'hs256'),
  hs256: peer('HS256 at first sight', 'handshake-hs256', 'hs256'),
  es256: peer('ES256 at first sight', 'handshake-es256', 'es256')
}

const warmUp = 1_500
const timeout = 120_000

export const handshake = {
  title: 'Handshake with a JWT',
  unit: 'µs of server CPU per handshake',
  detail: '3,000 connections after 1,500, twenty unfinished at a time, until each has its welcome',
  connections: { exactly: 3_000 },
  peers: Object.keys(handshakePeers),
  base: 'no-auth',
  async run ({ server, load, peer, port, count }) {
    const connect = (count) => load.ask('connect', { port, count, rooms: 1, dialect: peer.dialect, atOnce: 20 }, timeout)
    await connect(warmUp)
    const before = cpuOf(server.pid)
    const { open } = await connect(warmUp + count)
    if (open !== warmUp + count) throw new Error(`connections: expected ${warmUp + count}, got ${open}`)
    return { value: (cpuOf(server.pid) - before) / count }
  }
}
