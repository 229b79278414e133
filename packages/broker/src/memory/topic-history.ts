import type { BrokerRecord, HistoryLimits, HistoryPage, HistoryQuery } from '../contract.ts'
import { recordBytes } from '../record-bytes.ts'

/** The recent records of one topic. Offsets are consecutive here, so a position is an index. Pure: time is an argument. */
export class TopicHistory {
  readonly epoch: string
  /** What the kept records weigh. */
  bytes = 0
  #records: BrokerRecord[] = []
  #top: number
  #expiresAt = Infinity

  constructor (epoch: string, top: number) {
    this.epoch = epoch
    this.#top = top
  }

  /** The offset of the newest record ever appended. */
  get top (): number { return this.#top }

  append (record: BrokerRecord, limits: HistoryLimits, now: number): BrokerRecord {
    this.expire(now)
    this.#top++
    const kept = { ...record, position: { epoch: this.epoch, offset: this.#top } }
    this.#records.push(kept)
    this.bytes += recordBytes(kept)
    for (const dropped of this.#records.splice(0, this.#records.length - limits.size)) this.bytes -= recordBytes(dropped)
    this.#expiresAt = now + limits.ttl
    return kept
  }

  /** Forgets the records when the newest is too old. The position stays, so a reader that missed nothing is told so. */
  expire (now: number): void {
    if (now < this.#expiresAt) return
    this.#records = []
    this.bytes = 0
    this.#expiresAt = Infinity
  }

  read (query: HistoryQuery, now: number): HistoryPage {
    this.expire(now)
    const { since, before, limit } = query
    const oldest = this.#top - this.#records.length + 1
    const complete = since === undefined ||
      (since.epoch === this.epoch && since.offset >= oldest - 1 && since.offset <= this.#top)
    const first = since?.epoch === this.epoch ? Math.max(since.offset + 1, oldest) : oldest
    const end = before === undefined ? this.#top + 1 : before.epoch === this.epoch ? before.offset : oldest
    const last = Math.min(end, this.#top + 1)
    const available = Math.max(last - first, 0)
    const from = since === undefined ? Math.max(last - limit, first) : first
    const to = Math.min(from + limit, last)
    return {
      position: { epoch: this.epoch, offset: this.#top },
      records: this.#records.slice(from - oldest, Math.max(to, from) - oldest),
      complete,
      more: available > limit
    }
  }
}
