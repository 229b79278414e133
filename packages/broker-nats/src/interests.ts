import type { BrokerRecord } from '@fastify-realtime/broker'
import type { NatsConnection, NatsMessage, NatsSubscription } from './connection.ts'
import { decodeRecord, isMarker } from './record-frame.ts'
import type { Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'
import { Turns } from './turns.ts'

/** What a node wants to hear of one topic or pattern. */
interface Interest {
  readonly subscription: NatsSubscription
  /** What came last, because a pattern may bring it again. */
  stream: string
  sequence: string
}

export interface InterestParts {
  readonly connection: NatsConnection
  readonly subjects: Subjects
  readonly streams: Streams
  /** Settles when the server has done all that was sent before. */
  readonly roundTrip: () => Promise<void>
  readonly deliver: (record: BrokerRecord) => void
}

/** What this node wants to hear. After a reconnect the client library subscribes again by itself. */
export class Interests {
  malformed = 0
  readonly #parts: InterestParts
  readonly #interests = new Map<string, Interest>()
  readonly #turns = new Turns()

  constructor (parts: InterestParts) {
    this.#parts = parts
  }

  subscribe (channel: string, topic: string): Promise<void> {
    const name = key(channel, topic)
    return this.#turns.run(name, undefined, async () => {
      if (this.#interests.has(name)) return
      const { connection, subjects, roundTrip } = this.#parts
      let refusal: Error | undefined
      const pattern = topic.endsWith('*')
      const subscription = connection.subscribe(subjects.deliver(channel, topic), {
        callback: (error, message) => {
          if (error === null) this.#take(message, pattern ? undefined : name)
          else refusal = error
        }
      })
      this.#interests.set(name, { subscription, stream: '', sequence: '' })
      try {
        await roundTrip()
        if (refusal !== undefined) throw refusal
      } catch (error) {
        this.#end(name)
        throw error
      }
    })
  }

  unsubscribe (channel: string, topic: string): Promise<void> {
    const name = key(channel, topic)
    return this.#turns.run(name, undefined, async () => {
      const interest = this.#interests.get(name)
      if (interest === undefined) return
      interest.subscription.unsubscribe()
      // Until then a pattern may bring again what came for the topic. Without a connection nothing comes anyway.
      await this.#parts.roundTrip().catch(() => {})
      this.#interests.delete(name)
    })
  }

  /** Nothing more is delivered from now on. */
  clear (): void {
    for (const name of this.#interests.keys()) this.#end(name)
  }

  #end (name: string): void {
    this.#interests.get(name)?.subscription.unsubscribe()
    this.#interests.delete(name)
  }

  /** @param name of the topic for which it came; absent when it came for a pattern. */
  #take ({ data, headers }: NatsMessage, name: string | undefined): void {
    if (isMarker(data)) return
    const stream = headers?.get('Nats-Stream') ?? ''
    const sequence = headers?.get('Nats-Sequence') ?? ''
    let record: BrokerRecord
    try {
      if (stream === '' || sequence === '') throw new TypeError('it comes from no stream')
      const epoch = this.#parts.streams.epochOf(stream)
      record = decodeRecord(data, epoch === undefined ? undefined : { epoch, offset: Number(sequence) })
    } catch {
      this.malformed++
      return
    }
    const interest = this.#interests.get(name ?? key(record.channel, record.topic))
    if (interest !== undefined) {
      if (interest.stream === stream && interest.sequence === sequence) return
      interest.stream = stream
      interest.sequence = sequence
    }
    if (record.position !== undefined) this.#parts.streams.saw(stream, record.position.offset)
    this.#parts.deliver(record)
  }
}

function key (channel: string, topic: string): string {
  return `${channel}\n${topic}`
}
