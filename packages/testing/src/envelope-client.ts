import { bearerProtocol, jsonCodecWith } from '@fastify-realtime/protocol'
import type { Codec, Envelope, Failure, Reply, ServerEnvelope, Welcome } from '@fastify-realtime/protocol'
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { until } from './wait.ts'

export interface ConnectOptions {
  /** Default: `/ws`. */
  readonly path?: string
  /** Travels as a `bearer.` subprotocol. */
  readonly token?: string
  /** Default: the codec's own subprotocol. */
  readonly protocols?: readonly string[]
  /** Default: JSON with limits wide enough for any reply. */
  readonly codec?: Codec
  /** Options of the `ws` client, such as `headers`. */
  readonly ws?: ClientOptions
}

export interface ClosedByServer {
  readonly code: number
  readonly reason: string
}

type ByType<Type extends string> = Extract<ServerEnvelope, { readonly type: Type }>

/** A client that speaks the envelope and nothing more: no reconnect, no recovery. */
export interface EnvelopeClient {
  readonly socket: WebSocket
  /** Settles once, however the connection ends. */
  readonly closed: Promise<ClosedByServer>
  send (envelope: Envelope): void
  /** Sends a message and answers the data of its reply. Rejects with the `failure` envelope, or after 5 s. */
  request (type: string, data?: unknown): Promise<unknown>
  /** Takes the oldest envelope of this type that came and was not taken yet, waiting for one if need be. Rejects after 5 s. */
  next<Type extends ServerEnvelope['type']> (type: Type): Promise<ByType<Type>>
  /** What came of this type and was not taken. */
  waiting (type: ServerEnvelope['type']): number
  close (code?: number, reason?: string): Promise<ClosedByServer>
}

/**
 * Opens a connection to `ws://host:port`. Settles when it is open, before the welcome; `welcome` below waits for that.
 * Rejects with the HTTP status when the upgrade is refused.
 */
export async function connect (url: string, { path = '/ws', token, protocols, codec = wideCodec, ws }: ConnectOptions = {}): Promise<EnvelopeClient> {
  const offers = [...protocols ?? [codec.subprotocol], ...token === undefined ? [] : [bearerProtocol(token)]]
  const socket = new WebSocket(url + path, offers, { handshakeTimeout: 5_000, ...ws })
  const client = new WsEnvelopeClient(socket, codec)
  await new Promise((resolve, reject) => {
    socket.once('open', resolve).once('error', reject)
  })
  return client
}

/** Connects and waits for the welcome. */
export async function connectAndGreet (url: string, options?: ConnectOptions): Promise<EnvelopeClient & { readonly welcome: Welcome }> {
  const client = await connect(url, options)
  return Object.assign(client, { welcome: await client.next('welcome') })
}

const wideCodec = jsonCodecWith({ maxDepth: 1_000, maxKeys: 1_000_000 })

class WsEnvelopeClient implements EnvelopeClient {
  readonly socket: WebSocket
  readonly closed: Promise<ClosedByServer>
  readonly #codec: Codec
  readonly #received: ServerEnvelope[] = []
  #requests = 0

  constructor (socket: WebSocket, codec: Codec) {
    this.socket = socket
    this.#codec = codec
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    // Without a listener an error after the opening would end the process; the close that follows tells enough.
    socket.on('error', () => {})
    socket.on('message', (data: Buffer, binary) => {
      this.#received.push(codec.decode(binary ? data : data.toString()) as ServerEnvelope)
    })
  }

  send (envelope: Envelope): void {
    this.socket.send(this.#codec.encode(envelope))
  }

  async request (type: string, data?: unknown): Promise<unknown> {
    const id = `t${++this.#requests}`
    this.send({ type, id, data })
    const answer = await this.#take<Reply | Failure>((envelope) => isAnswer(envelope) && envelope.id === id, `an answer to ${type}`)
    if (answer.type === 'reply') return answer.data
    throw Object.assign(new Error(`${answer.code}: ${answer.message}`), answer)
  }

  async next<Type extends ServerEnvelope['type']> (type: Type): Promise<ByType<Type>> {
    return await this.#take<ByType<Type>>((envelope) => envelope.type === type, `an envelope of type ${type}`)
  }

  waiting (type: ServerEnvelope['type']): number {
    return this.#received.filter((envelope) => envelope.type === type).length
  }

  async close (code: number = 1000, reason: string = ''): Promise<ClosedByServer> {
    this.socket.close(code, reason)
    return await this.closed
  }

  async #take<Wanted extends ServerEnvelope> (wanted: (envelope: ServerEnvelope) => boolean, what: string): Promise<Wanted> {
    const ended = (): boolean => this.socket.readyState === WebSocket.CLOSED
    await until(() => ended() || this.#received.some(wanted), what)
    const at = this.#received.findIndex(wanted)
    if (at === -1) throw new Error(`Expected ${what}, and the connection closed.`)
    return this.#received.splice(at, 1)[0] as Wanted
  }
}

function isAnswer (envelope: ServerEnvelope): envelope is Reply | Failure {
  return envelope.type === 'reply' || envelope.type === 'failure'
}
