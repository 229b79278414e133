import type { IncomingMessage } from 'node:http'
import { formatCloseReason } from '@fastify-realtime/protocol'
import type { CloseReason } from '@fastify-realtime/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocketServer } from 'ws'

/**
 * Accepts an upgrade only to close it. The route's handler must not run for a request that was refused, so this does
 * what it would have done, and nobody but the peer ever gets hold of the socket. Answers false, and does nothing, unless
 * it is an upgrade whose client offers one of these subprotocols, by which it is known to read close codes.
 */
export function turnAway (server: WebSocketServer, subprotocols: readonly string[], request: FastifyRequest & { readonly ws?: boolean },
  reply: FastifyReply, reason: CloseReason): boolean {
  // What injectWS makes up has no socket to accept.
  const { socket } = request.raw as Partial<IncomingMessage>
  if (request.ws !== true || socket === undefined) return false
  const offered = String(request.headers['sec-websocket-protocol']).split(',').map((offer) => offer.trim())
  if (!subprotocols.some((known) => offered.includes(known))) return false
  reply.hijack()
  // What the peer may have sent ahead is of no interest any more.
  server.handleUpgrade(request.raw, socket, Buffer.alloc(0), (accepted) => {
    accepted.on('error', () => {})
    server.emit('connection', accepted, request.raw)
    accepted.close(reason.code, formatCloseReason(reason))
  })
  return true
}
