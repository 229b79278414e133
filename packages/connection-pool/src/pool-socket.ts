import { formatCloseReason } from '@fastify-realtime/protocol'
import type { CloseReason } from '@fastify-realtime/protocol'
import { WebSocket } from 'ws'
import type { EndpointSettings } from './endpoint.ts'
import type { UpgradeSocket } from './handshake-guard.ts'

/** Who is told what happens on the socket. */
export interface SocketOwner {
  /** `ws` is about to write. */
  beforeWrite (): void
  /** A close frame is about to go out; `answer` tells whether it answers the peer's. */
  beforeClose (code: number, reason: string, answer: boolean): void
  message (data: Buffer, binary: boolean): void
  pinged (): void
  ponged (): void
  gone (code: number, reason: string): void
  leave (reason: CloseReason): void
  terminate (reason: CloseReason): void
}

/** Fields of `ws` that it does not document; each has a meaning if it is missing. */
interface Internals {
  readonly _closeFrameReceived?: boolean
  readonly _receiver?: { _fragments?: Buffer[] } | null
  readonly _extensions?: { readonly 'permessage-deflate'?: { readonly params?: { readonly server_max_window_bits?: number } } }
}

const none: readonly Buffer[] = []

/**
 * The `WebSocket` class of the server. Frames of ours wait for the end of the turn, so whatever `ws` writes by itself
 * (pongs, pings, closes, a route's own `send`) lets them go first; that keeps the order of the wire.
 */
export class PoolSocket extends WebSocket {
  owner: SocketOwner | undefined
  /** What carries it. */
  stream: UpgradeSocket | undefined
  /** The route that it was upgraded on. */
  endpoint: EndpointSettings | undefined

  attach (owner: SocketOwner): void {
    this.owner = owner
    // @fastify/websocket's listener holds the request and the reply.
    this.removeAllListeners('error')
  }

  /** Tells the owner directly: five listeners would take a quarter of what we keep for an idle connection. */
  override emit (event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this
    if (owner === undefined) return super.emit(event, ...args)
    if (event === 'message') renewFragments(this)
    // `ws` says by its close code what was wrong; an error that nobody hears would end the process.
    const heard = event === 'error' && this.listenerCount('error') === 0 ? false : super.emit(event, ...args)
    tell(owner, event, args)
    return heard
  }

  /** Closes in good order, whoever owns it. */
  leave (reason: CloseReason): void {
    if (this.owner === undefined) this.close(reason.code, formatCloseReason(reason))
    else this.owner.leave(reason)
  }

  /** Ends it at once, whoever owns it. */
  endNow (reason: CloseReason): void {
    if (this.owner === undefined) this.terminate()
    else this.owner.terminate(reason)
  }

  /** Whether the peer takes frames that were compressed without context and with any window. */
  get takesDeflated (): boolean {
    const deflate = (this as unknown as Internals)._extensions?.['permessage-deflate']
    return deflate !== undefined && deflate.params?.server_max_window_bits === undefined
  }

  override send (...args: unknown[]): void {
    this.owner?.beforeWrite()
    super.send(...args as Parameters<WebSocket['send']>)
  }

  override ping (...args: Parameters<WebSocket['ping']>): void {
    this.owner?.beforeWrite()
    super.ping(...args)
  }

  override pong (...args: Parameters<WebSocket['pong']>): void {
    this.owner?.beforeWrite()
    super.pong(...args)
  }

  override close (code?: number, reason?: string | Buffer): void {
    this.owner?.beforeClose(code ?? 1005, String(reason ?? ''), (this as unknown as Internals)._closeFrameReceived === true)
    super.close(code, reason)
  }
}

/**
 * `ws` makes a list for the next message after each one. Those of a storm of new connections live long, from which V8 learns
 * to make all of them in old space, where each that is done with keeps its message alive until the next full collection. So
 * what stays in its place is a list that V8 learns nothing from.
 */
function renewFragments (socket: PoolSocket): void {
  const { _receiver: receiver } = socket as unknown as Internals
  if (receiver?._fragments?.length === 0) receiver._fragments = none.slice()
}

function tell (owner: SocketOwner, event: string | symbol, args: readonly unknown[]): void {
  // `ws` delivers one Buffer unless somebody changed `binaryType`.
  if (event === 'message') owner.message(args[0] as Buffer, args[1] as boolean)
  else if (event === 'ping') owner.pinged()
  else if (event === 'pong') owner.ponged()
  else if (event === 'close') owner.gone(args[0] as number, String(args[1]))
}
