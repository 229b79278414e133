import { Buffer } from 'node:buffer'
import { BrokerOptionError } from '@fastify-realtime/broker'
import type { RecordStore } from '@fastify-realtime/broker'
import type { Ack, JetStream, Stored } from './jetstream.ts'
import type { Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'

export interface RecordParts {
  readonly jetStream: JetStream
  readonly streams: Streams
  readonly subjects: Subjects
  /** The server's time, wall-clock milliseconds. */
  readonly time: () => number
  /** The longest time to live. */
  readonly recordTtl: number
}

type Entry = [key: string, value: string, ttl: number]

/** How many own entries are remembered, and how many of them each `put` looks at. */
const MAX_OWN = 10_000
const LOOK_AT = 10

/**
 * The newest message of a subject is its key's value, as in NATS's own key-value stores, but with a time to live for each. NATS
 * before 2.11 ends no single message, so an entry says when it ends, and each node frees its own.
 */
export class NatsRecords implements RecordStore {
  readonly #parts: RecordParts
  /** Where an own entry stands and when it ends, by sequence number. */
  readonly #own = new Map<number, number>()

  constructor (parts: RecordParts) {
    this.#parts = parts
  }

  async put (key: string, value: string, ttl: number): Promise<void> {
    await this.#write(key, value, ttl, (subject, data) => this.#parts.jetStream.publish(subject, data))
  }

  async putIfAbsent (key: string, value: string, ttl: number): Promise<boolean> {
    const { jetStream, streams, subjects } = this.#parts
    for (;;) {
      const found = await jetStream.get(streams.records.name, { last_by_subj: subjects.record(key) })
      if (found !== undefined) {
        if (this.#lives(found)) return false
        // A cluster of NATS servers before 2.11 lets several replace one message, but only one put the first. Another one may free
        // it too, so a failure says nothing.
        await this.#free(found.seq)
      }
      const wrote = await this.#write(key, value, ttl, (subject, data) => jetStream.publishAfter(0, subject, data))
      // Otherwise another one was faster; perhaps its entry has ended already.
      if (wrote) return true
    }
  }

  async delete (key: string): Promise<void> {
    const { jetStream, streams, subjects } = this.#parts
    await jetStream.api(`STREAM.PURGE.${streams.records.name}`, { filter: subjects.record(key) })
  }

  async get (key: string): Promise<string | undefined> {
    const { jetStream, streams, subjects } = this.#parts
    const found = await jetStream.get(streams.records.name, { last_by_subj: subjects.record(key) })
    return found !== undefined && this.#livesOrFree(found) ? entry(found.data)[1] : undefined
  }

  async list (prefix: string): Promise<Array<{ key: string, value: string }>> {
    const { jetStream, streams, subjects } = this.#parts
    const { messages } = await jetStream.scan(streams.records.name, subjects.records(prefix), 1, (pending) => pending)
    return messages.filter((message) => this.#livesOrFree(message))
      .map(({ data }) => entry(data))
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => ({ key, value }))
  }

  async #write (key: string, value: string, ttl: number, publish: (subject: string, data: string) => Promise<Ack | undefined>): Promise<boolean> {
    const { subjects, recordTtl, time } = this.#parts
    if (ttl > recordTtl) throw new BrokerOptionError('recordTtl', `at least the ${ttl} that a record asks for`, String(recordTtl), 'Raise it.')
    this.#freeOwn()
    const ack = await publish(subjects.record(key), JSON.stringify([key, value, ttl] satisfies Entry))
    if (ack !== undefined && this.#own.size < MAX_OWN) this.#own.set(ack.seq, time() + ttl)
    return ack !== undefined
  }

  /** Looks at a few own entries at a time; those that live go to the end of the line. */
  #freeOwn (): void {
    const now = this.#parts.time()
    for (const [seq, ends] of [...this.#own].slice(0, LOOK_AT)) {
      this.#own.delete(seq)
      if (ends > now) this.#own.set(seq, ends)
      else void this.#free(seq)
    }
  }

  /** By number: what replaced it has another one. What cannot be freed goes with the longest time to live. */
  async #free (seq: number): Promise<void> {
    const { jetStream, streams } = this.#parts
    await jetStream.api(`STREAM.MSG.DELETE.${streams.records.name}`, { seq, no_erase: true }).catch(() => {})
  }

  #lives ({ time, data }: Stored): boolean {
    return time + entry(data)[2] > this.#parts.time()
  }

  #livesOrFree (message: Stored): boolean {
    const lives = this.#lives(message)
    if (!lives) void this.#free(message.seq)
    return lives
  }
}

function entry (data: Uint8Array): Entry {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()) as Entry
}
