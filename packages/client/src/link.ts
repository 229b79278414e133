import type { Clock, Encoded } from '@fastify-realtime/protocol'
import { Alarm } from './alarm.ts'
import type { ClientCodec } from './json.ts'
import type { WebSocketLike } from './websocket.ts'

/** How long a peer may take to answer our close before the socket is given up. */
const CLOSE_TIMEOUT = 2_000

export interface LinkListeners {
  take (envelope: { readonly type?: unknown }): void
  /** The socket closed, once; not when this side ended the link. */
  lost (code: number, reason: string): void
  /** What came is not the protocol; the link is of no more use. */
  report (error: unknown): void
}

export interface LinkParts {
  readonly codec: ClientCodec
  readonly clock: Clock
  /** How many bytes may wait in the socket. */
  readonly maxBuffered: number
}

/** One socket, from its first attempt to its end. Nothing else touches a WebSocket. */
export class Link {
  readonly #socket: WebSocketLike
  readonly #parts: LinkParts

  constructor (socket: WebSocketLike, parts: LinkParts, listeners: LinkListeners) {
    this.#socket = socket
    this.#parts = parts
    let error = ''
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      try {
        listeners.take(parts.codec.decode(typeof data === 'string' ? data : new Uint8Array(data)) ?? {})
      } catch (cause) {
        listeners.report(cause)
      }
    }
    // `ws` says here what a browser keeps to itself, such as the HTTP status; without a listener it would throw it.
    socket.onerror = ({ message = '' }: { message?: string }) => { error = message }
    socket.onclose = ({ code, reason }: { code: number, reason: string }) => listeners.lost(code, reason === '' ? error : reason)
  }

  /** Answers whether the socket took it; it does not when too much waits in it already. */
  send (encoded: Encoded): boolean {
    const taken = this.#socket.bufferedAmount <= this.#parts.maxBuffered
    if (taken) this.#socket.send(encoded as string)
    return taken
  }

  /** Ends it from this side: nothing more comes from it. Settles when the socket is closed, or given up. */
  end (code: number, reason: string): Promise<void> {
    const socket = this.#socket
    const alarm = new Alarm(this.#parts.clock)
    return new Promise((resolve) => {
      socket.onmessage = null
      socket.onclose = () => {
        alarm.stop()
        resolve()
      }
      alarm.set(CLOSE_TIMEOUT, () => {
        socket.terminate?.()
        resolve()
      })
      socket.close(code, reason)
    })
  }
}
