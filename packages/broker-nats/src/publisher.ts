import { createHash } from 'node:crypto'
import type { Buffer } from 'node:buffer'
import { BrokerOptionError } from '@fastify-realtime/broker'
import type { BrokerRecord, PublishOptions, PublishResult } from '@fastify-realtime/broker'
import type { Ack, JetStream, PublishConditions, Stored } from './jetstream.ts'
import { decodeVersion, encodeRecord, isMarker } from './record-frame.ts'
import type { StreamInfo, Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'
import type { Trimmer } from './trimmer.ts'
import { Turns } from './turns.ts'

export interface PublisherParts {
  readonly jetStream: JetStream
  readonly streams: Streams
  readonly subjects: Subjects
  readonly trimmer: Trimmer
  readonly maxHistory: number
  readonly positionTtl: number
  /** The server's time, wall-clock milliseconds. */
  readonly time: () => number
}

/** A record on its way. */
interface Job {
  readonly room: 'h' | 'l'
  readonly stream: StreamInfo
  readonly subject: string
  readonly frame: Buffer
  readonly id: string | undefined
  readonly window: number
}

/**
 * Appends records to a stream, which gives all of them one order, drops what has the id of an earlier one, and publishes them
 * again for those who subscribed. Bare NATS does none of that: two publishers reach two subscribers in different orders.
 */
export class Publisher {
  readonly #parts: PublisherParts
  readonly #turns = new Turns()

  constructor (parts: PublisherParts) {
    this.#parts = parts
  }

  async publish (record: BrokerRecord, { history, dedupe }: PublishOptions): Promise<PublishResult> {
    const { streams, subjects, maxHistory, positionTtl, trimmer } = this.#parts
    const { channel, topic, version } = record
    const room = history === undefined ? 'l' : 'h'
    const stream = room === 'h' ? streams.history : streams.live
    if (history !== undefined && history.size > maxHistory) throw tooSmall('maxHistory', maxHistory, history.size)
    if (history !== undefined && 2 * history.ttl > positionTtl) throw tooSmall('positionTtl', positionTtl, 2 * history.ttl)
    if (dedupe !== undefined && dedupe > stream.window) throw tooSmall('dedupeWindow', stream.window, dedupe)
    const job: Job = {
      room,
      stream,
      subject: room === 'h' ? subjects.history(channel, topic) : subjects.live(channel, topic, version !== undefined),
      frame: encodeRecord(record, history),
      id: dedupe === undefined ? undefined : messageId(record),
      window: dedupe ?? 0
    }
    const result = await this.#turns.run(`${channel}\n${topic}`, version === undefined ? room : undefined, () =>
      this.#carry(job, version))
    if (history !== undefined && history.size < maxHistory && !result.duplicate) {
      trimmer.appended(stream.name, job.subject, history.size)
    }
    return result
  }

  /** A record with a version only while the newest version is the one that it was compared with. */
  async #carry (job: Job, version: number | undefined): Promise<PublishResult> {
    for (;;) {
      let last: number | undefined
      if (version !== undefined) {
        const newest = await this.#parts.jetStream.get(job.stream.name, { last_by_subj: job.subject })
        if (newest !== undefined && version <= await this.#newestVersion(job, newest)) return { duplicate: true }
        last = newest?.seq ?? 0
      }
      const result = await this.#append(job, last)
      if (result !== undefined) return result
    }
  }

  /** Nothing when there is something newer than `last` already. */
  async #append (job: Job, last: number | undefined): Promise<PublishResult | undefined> {
    const { room, stream, subject, frame, window } = job
    const { jetStream, streams } = this.#parts
    let { id } = job
    for (;;) {
      const conditions: PublishConditions = { ...room === 'h' && { stream: stream.name }, ...id !== undefined && { id } }
      const ack = last === undefined
        ? await jetStream.publish(subject, frame, conditions)
        : await jetStream.publishAfter(last, subject, frame, conditions)
      if (ack === undefined) return undefined
      const duplicate = ack.duplicate === true
      if (duplicate && window < stream.window && await this.#isOlder(ack, window)) {
        // All who repeat it find the same first one, so they agree on the id that takes its place.
        id = `${String(job.id)}.${ack.seq}`
        continue
      }
      if (room === 'l') return { duplicate }
      streams.saw(stream.name, ack.seq)
      return { duplicate, position: { epoch: stream.epoch, offset: ack.seq } }
    }
  }

  async #newestVersion ({ stream, subject }: Job, last: Stored): Promise<number> {
    const version = versionOf(last)
    if (version !== undefined) return version
    // Something without a version came after it.
    const { messages } = await this.#parts.jetStream.scan(stream.name, subject, 1, (pending) => pending)
    return messages.map(versionOf).reduce<number>((newest, found) => Math.max(newest, found ?? -Infinity), -Infinity)
  }

  /**
   * The stream remembers all ids equally long; whether a shorter window is over, the message's age says. When the message
   * itself is gone the next one tells the least that it can be; in doubt it is not older.
   */
  async #isOlder ({ stream, seq }: Ack, window: number): Promise<boolean> {
    const { jetStream, subjects, streams, time } = this.#parts
    const room = stream === streams.history.name ? 'h' : 'l'
    const found = await jetStream.get(stream, { seq, next_by_subj: subjects.all(room) })
    return found === undefined || time() - found.time > window
  }
}

/** Ids are remembered for the whole stream, so they must say what they are the id of. */
function messageId ({ channel, topic, id }: BrokerRecord): string {
  return createHash('sha256').update(JSON.stringify([channel, topic, id])).digest('base64url')
}

function versionOf ({ data }: Stored): number | undefined {
  return isMarker(data) ? undefined : decodeVersion(data)
}

function tooSmall (option: string, value: number, wanted: number): Error {
  return new BrokerOptionError(option, `at least the ${wanted} that a publication asks for`, String(value), 'Raise it.')
}
