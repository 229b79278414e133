import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Frame } from '@fastify-realtime/connection-pool'
import type { Codec, Encoded, Envelope, Publication, PublicationHead } from '@fastify-realtime/protocol'
import type { Delta } from './delta.ts'

/** Makes the one frame that every connection of a codec gets; the pool's `frame`. */
export type FrameMaker = (codec: Codec, content: Envelope | Encoded) => Frame

/** A record of this package: `publish` only ever makes JSON text. */
export interface TextRecord extends BrokerRecord {
  readonly payload: string
}

export function isText (record: BrokerRecord): record is TextRecord {
  return typeof record.payload === 'string'
}

/** What a record looks like on the wire, without its data. `except` stays on the server. */
export function publicationHead (record: TextRecord, showPosition: boolean): PublicationHead {
  const { topic, event, id, time, position, version, trace } = record
  return {
    topic,
    event,
    id,
    time,
    ...(showPosition && position !== undefined && { position }),
    ...(version !== undefined && { version }),
    ...(trace !== undefined && { trace })
  }
}

/** The record as an envelope, with its data parsed. */
export function readPublication (record: TextRecord, showPosition: boolean): Publication {
  return { type: 'publication', ...publicationHead(record, showPosition), data: JSON.parse(record.payload) }
}

/** One envelope for many connections: encoded once per codec, and only for codecs that somebody here speaks. */
export class SharedFrame {
  readonly #make: (codec: Codec) => Frame
  #codec: Codec | undefined
  #first: Frame | undefined
  #others: Map<Codec, Frame> | undefined

  constructor (make: (codec: Codec) => Frame) {
    this.#make = make
  }

  of (codec: Codec): Frame {
    if (this.#first !== undefined && this.#codec === codec) return this.#first
    const known = this.#others?.get(codec)
    if (known !== undefined) return known
    const frame = this.#make(codec)
    if (this.#first === undefined) {
      this.#codec = codec
      this.#first = frame
    } else {
      this.#others ??= new Map()
      this.#others.set(codec, frame)
    }
    return frame
  }
}

/** One record on its way to its subscribers. */
export class Outgoing {
  readonly record: TextRecord
  readonly #head: PublicationHead
  readonly #make: FrameMaker
  readonly #frames: SharedFrame

  constructor (record: TextRecord, head: PublicationHead, make: FrameMaker, payload: string = record.payload) {
    this.record = record
    this.#head = head
    this.#make = make
    this.#frames = new SharedFrame((codec) => make(codec, codec.encodePublication(head, payload)))
  }

  /** The same publication with other data. */
  withPayload (payload: string): Outgoing {
    return new Outgoing(this.record, this.#head, this.#make, payload)
  }

  /** The same publication as a patch of an earlier one. */
  withDelta ({ base, patch }: Delta): Outgoing {
    return new Outgoing(this.record, { ...this.#head, delta: { base } }, this.#make, patch)
  }

  frame (codec: Codec): Frame {
    return this.#frames.of(codec)
  }
}
