import type { BrokerRecord } from '@fastify-realtime/broker'
import type { NatsConnection, NatsMessage, NatsSubscription } from './connection.ts'
import type { JetStream, Stored } from './jetstream.ts'
import { decodeRecord, isMarker } from './record-frame.ts'
import { Sequence } from './sequence.ts'
import type { Numbered } from './sequence.ts'
import type { Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'
import { Turns } from './turns.ts'

/** What a node wants to hear of one topic or pattern. */
interface Interest {
  readonly subscription: NatsSubscription
  readonly sequence: Sequence
  /** What came last without history, because a pattern may bring it again. */
  last: string
  /** What a pattern brought before the sequence began. */
  early: number
}

export interface InterestParts {
  readonly connection: NatsConnection
  readonly jetStream: JetStream
  readonly subjects: Subjects
  readonly streams: Streams
  /** Settles when the server has done all that was sent before. */
  readonly roundTrip: () => Promise<void>
  readonly deliver: (record: BrokerRecord) => void
  /** Something was not delivered, and never will be. */
  readonly missed: () => void
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
      const { connection, subjects } = this.#parts
      const refusals: Error[] = []
      const pattern = topic.endsWith('*')
      const subscription = connection.subscribe(subjects.deliver(channel, topic), {
        callback: (error, message) => {
          if (error === null) this.#take(message, pattern ? undefined : name)
          else refusals.push(error)
        }
      })
      const interest: Interest = { subscription, sequence: this.#sequence(channel, topic), last: '', early: 0 }
      this.#interests.set(name, interest)
      try {
        await (pattern ? this.#parts.roundTrip() : this.#begin(interest, channel, topic))
        for (const refusal of refusals) throw refusal
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
      this.#end(name)
    })
  }

  /** Nothing more is delivered from now on. */
  clear (): void {
    for (const name of this.#interests.keys()) this.#end(name)
  }

  #end (name: string): void {
    const interest = this.#interests.get(name)
    interest?.subscription.unsubscribe()
    interest?.sequence.end()
    this.#interests.delete(name)
  }

  /** The question is asked after the subscription, so whatever comes after the answer is delivered. */
  async #begin (interest: Interest, channel: string, topic: string): Promise<void> {
    const { jetStream, streams, subjects, roundTrip } = this.#parts
    const { name } = streams.history
    await roundTrip()
    const newest = await jetStream.get(name, { last_by_subj: subjects.history(channel, topic) })
    interest.sequence.begin(name, Math.max(newest?.seq ?? 0, interest.early))
  }

  #sequence (channel: string, topic: string): Sequence {
    const { jetStream, subjects, deliver, missed } = this.#parts
    return new Sequence({
      deliver,
      missed,
      fill: async (stream, after) => {
        const { messages } = await jetStream.scan(stream, subjects.history(channel, topic), Math.max(after, 1), (pending) => pending)
        // As long as the last one that was delivered is there, so is everything after it.
        return { complete: after === 0 || messages[0]?.seq === after, messages: messages.filter(({ seq }) => seq > after).map((stored) => this.#numbered(stream, stored)) }
      }
    })
  }

  #numbered (stream: string, { seq, data }: Stored): Numbered {
    return { seq, prev: 0, record: isMarker(data) ? undefined : this.#decode(data, stream, seq) }
  }

  #decode (data: Uint8Array, stream: string, seq: number): BrokerRecord | undefined {
    const epoch = this.#parts.streams.epochOf(stream)
    try {
      return decodeRecord(data, epoch === undefined ? undefined : { epoch, offset: seq })
    } catch {
      this.malformed++
      return undefined
    }
  }

  /** @param name of the topic for which it came; absent when it came for a pattern. */
  #take ({ data, headers }: NatsMessage, name: string | undefined): void {
    const stream = headers?.get('Nats-Stream') ?? ''
    const seq = Number(headers?.get('Nats-Sequence'))
    if (stream === '' || !(seq > 0)) {
      this.malformed++
      return
    }
    const prev = Number(headers?.get('Nats-Last-Sequence'))
    if (isMarker(data)) {
      // Markers are of no topic, and of no interest to a pattern.
      if (name !== undefined) this.#interests.get(name)?.sequence.take(stream, { seq, prev, record: undefined })
      return
    }
    const record = this.#decode(data, stream, seq)
    if (record === undefined) return
    const interest = this.#interests.get(name ?? key(record.channel, record.topic))
    if (record.position === undefined) this.#takeLive(record, `${stream} ${seq}`, interest)
    else this.#takeHistory(record, stream, { seq, prev, record }, interest, name === undefined)
  }

  #takeLive (record: BrokerRecord, mark: string, interest: Interest | undefined): void {
    if (interest !== undefined) {
      if (interest.last === mark) return
      interest.last = mark
    }
    this.#parts.deliver(record)
  }

  #takeHistory (record: BrokerRecord, stream: string, message: Numbered, interest: Interest | undefined, byPattern: boolean): void {
    this.#parts.streams.saw(stream, message.seq)
    if (interest?.sequence.begun === true) {
      interest.sequence.take(stream, message)
      return
    }
    // A subscription that has not settled yet delivers nothing itself, and must not begin with what a pattern brought.
    if (interest !== undefined) interest.early = message.seq
    if (byPattern) this.#parts.deliver(record)
  }
}

function key (channel: string, topic: string): string {
  return `${channel}\n${topic}`
}
