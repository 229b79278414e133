import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { WebSocket } from 'ws'
import type { AddressBook } from './address-book.ts'
import type { Admission, Refusal } from './admission.ts'
import type { ConnectionPool, EndpointOptions, RealtimeRouteConfig } from './contract.ts'
import { resolveEndpoint } from './endpoint.ts'
import { NoProtocolError, TooManyError, UnavailableError } from './errors.ts'
import type { HandshakeGuard } from './handshake-guard.ts'
import { isForwardedInVain, peerOf } from './peer.ts'
import type { PoolSocket } from './pool-socket.ts'
import type { RouteOptionNames } from './route-option-names.ts'
import { findEndpoint, setEndpoint } from './route.ts'
import { selectProtocol } from './select-protocol.ts'

export interface GateParts {
  readonly pool: Pick<ConnectionPool, 'ready' | 'codecs' | 'accept' | 'add' | 'byPrincipal'>
  readonly guard: HandshakeGuard
  readonly admission: Admission
  readonly addresses: AddressBook
  readonly endpoint: EndpointOptions
  readonly names: RouteOptionNames
  /** Sockets that are open on the server, pooled or not. */
  readonly open: () => number
  readonly refused: (reason: string, statusCode: number) => void
  readonly warn: (message: string) => void
}

type Done = (error?: Error) => void
type Handler = (this: unknown, socket: WebSocket, request: FastifyRequest) => void | Promise<unknown>
type WebSocketRoute = Omit<RouteOptions, 'handler' | 'wsHandler'> & { websocket?: boolean, wsHandler?: Handler, handler: Handler }

/** Stands before every upgrade: which routes there are, who may come in, and by which subprotocol. */
export class Gate {
  readonly #parts: GateParts
  #warned = false

  constructor (parts: GateParts) {
    this.#parts = parts
  }

  /** Runs before @fastify/websocket's own, so it sees the WebSocket handler. */
  readonly onRoute = (options: RouteOptions): void => {
    const route = options as unknown as WebSocketRoute
    const name = route.wsHandler === undefined ? 'handler' : 'wsHandler'
    if ((route.websocket !== true && name === 'handler') || ![route.method].flat().includes('GET')) return
    const { pool, endpoint: base, names } = this.#parts
    const handler = route[name] as Handler
    const config = (route.config as { realtime?: RealtimeRouteConfig } | undefined)?.realtime
    if (config !== undefined) names.add(options.url, config)
    const endpoint = resolveEndpoint(options.url, config ?? {}, base, pool.codecs)
    // A route that knows nothing of us selects its subprotocol as it always did.
    const known = config !== undefined || handler === pool.accept as Handler
    setEndpoint(options, known ? endpoint : Object.freeze({ ...endpoint, protocols: null }))
    if (endpoint.raw && handler !== pool.accept as Handler) {
      route[name] = function (socket, request) {
        pool.add(socket, request)
        return handler.call(this, socket, request)
      }
    }
    options.preHandler = [options.preHandler ?? []].flat().concat(this.#preHandler)
  }

  readonly onRequest = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const handshake = this.#parts.guard.of(request.raw)
    if (handshake === undefined || request.is404) return done()
    const endpoint = findEndpoint(request)
    if (endpoint === undefined) {
      this.#parts.refused('route', 404)
      reply.callNotFound()
      return
    }
    this.#warn(request)
    const { pool, guard, admission, addresses, open } = this.#parts
    const peer = peerOf(request)
    const refusal = admission.admit(peer, { ready: pool.ready, open: open(), pending: guard.size })
    if (refusal !== undefined) return done(this.#refuse(reply, refusal))
    const protocol = selectProtocol(request.headers['sec-websocket-protocol'], endpoint, pool.codecs.map(({ subprotocol }) => subprotocol))
    if (protocol === undefined) {
      this.#parts.refused('protocol', 400)
      return done(new NoProtocolError())
    }
    if (peer.key !== null) addresses.acquire(peer.key)
    Object.assign(handshake, { endpoint, protocol, key: peer.key })
    done()
  }

  /** The 101 is sent. */
  readonly opened = (socket: PoolSocket, raw: IncomingMessage): void => {
    const handshake = this.#parts.guard.settle(raw)
    if (handshake === undefined) return
    const { key } = handshake
    socket.stream = handshake.socket
    socket.endpoint = handshake.endpoint
    if (key !== null) socket.once('close', () => this.#parts.addresses.release(key))
  }

  /** Last of the hooks: nothing can come between this answer and the 101. */
  readonly #preHandler = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    if (this.#parts.guard.of(request.raw) === undefined) return done()
    const { pool, admission } = this.#parts
    const { id } = (request as { principal?: { readonly id: string } | null }).principal ?? {}
    const connections = id === undefined ? 0 : [...pool.byPrincipal(id)].length
    const refusal = admission.admitPrincipal(connections, pool.ready)
    done(refusal === undefined ? undefined : this.#refuse(reply, refusal))
  }

  #refuse (reply: FastifyReply, { reason, statusCode, message, retryAfter }: Refusal): Error {
    this.#parts.refused(reason, statusCode)
    reply.header('retry-after', retryAfter)
    return statusCode === 429 ? new TooManyError(message) : new UnavailableError(message)
  }

  #warn (request: FastifyRequest): void {
    if (this.#warned || !isForwardedInVain(request)) return
    this.#warned = true
    this.#parts.warn('upgrades come with a forwarded address that trustProxy does not let count: all of them share the limits of the proxy\'s address')
  }
}
