import type { Connection, ConnectionState, Endpoint, Frame, Overflow, SendOutcome } from '@fastify-realtime/connection-pool'
import { jsonCodec } from '@fastify-realtime/protocol'
import type { Codec, Encoded, Envelope, Principal } from '@fastify-realtime/protocol'

export interface ReadableFrame extends Frame {
  readonly content: Encoded
}

/** The pool's `frame`, for connections that read what they are sent. */
export function frame (codec: Codec, content: Envelope | Encoded): ReadableFrame {
  const encoded = typeof content === 'string' || content instanceof Uint8Array ? content : codec.encode(content)
  return { size: encoded.length, content: encoded }
}

let made = 0

/** A connection without a socket. */
export class FakeConnection {
  readonly id = `c${++made}`
  readonly principal: Principal | null
  readonly codec: Codec | null
  readonly received: Envelope[] = []
  readonly frames: ReadableFrame[] = []
  readonly overflows: Array<Overflow | undefined> = []
  readonly endpoint: Endpoint & { outbox?: { maxBytes: number } } = { url: '/ws', anonymous: true, raw: false }
  state: ConnectionState = 'open'
  outcome: SendOutcome = 'sent'
  onSend: (envelope: Envelope) => void = () => {}

  constructor (principal?: string, codec: Codec | null = jsonCodec) {
    this.principal = principal === undefined ? null : { id: principal }
    this.codec = codec
  }

  /** The same object for the code under test. */
  get self (): Connection { return this as unknown as Connection }

  /** The data of every publication. */
  get data (): unknown[] {
    return this.received.flatMap((envelope) => envelope.type === 'publication' ? [(envelope as { data?: unknown }).data] : [])
  }

  send (sent: Frame, overflow?: Overflow): SendOutcome {
    const readable = sent as ReadableFrame
    this.frames.push(readable)
    this.overflows.push(overflow)
    this.#take(JSON.parse(String(readable.content)) as Envelope)
    return this.outcome
  }

  sendEnvelope (envelope: Envelope): SendOutcome {
    this.#take(envelope)
    return this.outcome
  }

  #take (envelope: Envelope): void {
    this.received.push(envelope)
    this.onSend(envelope)
  }
}
