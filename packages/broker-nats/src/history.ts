import type { HistoryPage, HistoryQuery, HistoryStore } from '@fastify-realtime/broker'
import { isExpired, offsetOf, pageOfAll, pageSince, wantedSince } from './history-page.ts'
import type { JetStream, Scan, Stored } from './jetstream.ts'
import { encodeMarker } from './record-frame.ts'
import type { StreamInfo, Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'

export interface HistoryParts {
  readonly jetStream: JetStream
  readonly streams: Streams
  readonly subjects: Subjects
  /** The server's time, wall-clock milliseconds. */
  readonly time: () => number
  /** How long a topic's position is remembered after its last use. */
  readonly positionTtl: number
}

/** Reads what the stream keeps of a topic. Its offsets are the stream's, so they grow, with jumps. */
export class NatsHistory implements HistoryStore {
  readonly #parts: HistoryParts

  constructor (parts: HistoryParts) {
    this.#parts = parts
  }

  async position (channel: string, topic: string): Promise<HistoryPage['position']> {
    const { history } = this.#parts.streams
    return { epoch: history.epoch, offset: offsetOf(await this.#newest(history, channel, topic)) }
  }

  async read (channel: string, topic: string, query: HistoryQuery): Promise<HistoryPage> {
    const stream = this.#parts.streams.history
    const newest = await this.#newest(stream, channel, topic)
    const { since, limit } = query
    const offset = offsetOf(newest)
    const empty = { position: { epoch: stream.epoch, offset }, records: [], more: false }
    const known = since?.epoch === stream.epoch
    if (known && since.offset >= offset) return { ...empty, complete: since.offset === offset }
    if (isExpired(newest, this.#parts.time())) return { ...empty, complete: since === undefined }
    const subject = this.#parts.subjects.history(channel, topic)
    if (!known) return pageOfAll(await this.#scan(stream, subject, 1, newest), newest, stream.epoch, query)
    const part = await this.#scan(stream, subject, since.offset, newest, (pending) => wantedSince(pending, newest, limit))
    const page = pageSince(part, newest, { ...query, since })
    if (page.more || part.messages.length >= part.pending) return page
    // Markers took the places of records, so whether there are more is not known yet.
    return pageSince(await this.#scan(stream, subject, since.offset, newest), newest, { ...query, since })
  }

  async #scan (stream: StreamInfo, subject: string, start: number, newest: Stored, count?: (pending: number) => number): Promise<Scan> {
    const scan = await this.#parts.jetStream.scan(stream.name, subject, start, count ?? ((pending) => pending))
    const last = scan.messages.at(-1)
    // Another server of the cluster may be a little behind, and what it does not say yet would never come live.
    if (scan.messages.length >= scan.pending && (last === undefined || last.seq < newest.seq)) throw new Error('a replica is behind')
    return scan
  }

  /**
   * The newest message of a topic. Where there is none a marker is put; where it will soon be too old to be kept, a marker that
   * stands for it: so a topic that is asked for keeps its position, however quiet it is.
   */
  async #newest (stream: StreamInfo, channel: string, topic: string): Promise<Stored> {
    const { jetStream, subjects, positionTtl, time } = this.#parts
    const subject = subjects.history(channel, topic)
    for (;;) {
      const newest = await jetStream.get(stream.name, { last_by_subj: subject })
      if (newest !== undefined && time() - newest.time < positionTtl / 2) return newest
      const marker = encodeMarker(newest === undefined ? undefined : offsetOf(newest))
      // When another one puts something first that is fine, too.
      await jetStream.publishAfter(newest?.seq ?? 0, subject, marker, { stream: stream.name })
    }
  }
}
