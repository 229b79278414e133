import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { formatCloseReason } from '@fastify-realtime/protocol'
import type { CloseReason } from '@fastify-realtime/protocol'

interface Accepted {
  close (code: number, reason: string): void
  on (event: 'error', listener: () => void): unknown
}

/** What is needed of `app.websocketServer`. */
export interface Upgrader {
  handleUpgrade (raw: IncomingMessage, socket: Duplex, head: Buffer, accepted: (socket: Accepted) => void): void
  emit (event: 'connection', socket: Accepted, raw: IncomingMessage): unknown
}

/**
 * Accepts an upgrade only to close it. The route's handler must not run for a request that was refused, so this does
 * what it would have done, and nobody but the peer ever gets hold of the socket.
 */
export function turnAway (upgrader: Upgrader, raw: IncomingMessage, reason: CloseReason): void {
  // What the peer may have sent ahead is of no interest any more.
  upgrader.handleUpgrade(raw, raw.socket, Buffer.alloc(0), (socket) => {
    socket.on('error', () => {})
    upgrader.emit('connection', socket, raw)
    socket.close(reason.code, formatCloseReason(reason))
  })
}
