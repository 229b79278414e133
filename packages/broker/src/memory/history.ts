import type { BrokerRecord, HistoryLimits, HistoryPage, HistoryQuery } from '../contract.ts'
import { Beginnings } from './beginnings.ts'
import { TopicHistory } from './topic-history.ts'

export interface HistoryBounds {
  readonly maxTopics: number
  readonly maxBytes: number
}

/**
 * The histories of many topics within bounds: the least recently used topic is forgotten first. Only what is published makes a
 * history, so topics that are merely asked for neither cost memory nor push others out. Pure.
 */
export class Histories {
  // In order of use, the least recent first.
  readonly #topics = new Map<string, TopicHistory>()
  readonly #bounds: HistoryBounds
  readonly #beginnings: Beginnings
  /** The highest offset ever given: a topic that comes back starts above whatever a client may remember of it. */
  #highest = 0
  #bytes = 0

  /** @param epoch begins the epoch of every topic, and differs from one process to the next. */
  constructor (bounds: HistoryBounds, epoch: string) {
    this.#bounds = bounds
    this.#beginnings = new Beginnings(epoch)
  }

  get topics (): number { return this.#topics.size }
  get bytes (): number { return this.#bytes }

  /** Keeps the record and answers it with its position. */
  append (key: string, record: BrokerRecord, limits: HistoryLimits, now: number): BrokerRecord {
    const topic = this.#topics.get(key) ?? this.#begin(key)
    this.#use(key, topic)
    const before = topic.bytes
    const kept = topic.append(record, limits, now)
    this.#bytes += topic.bytes - before
    this.#highest = Math.max(this.#highest, topic.top)
    this.#evict()
    return kept
  }

  read (key: string, query: HistoryQuery, now: number): HistoryPage {
    const topic = this.#topics.get(key)
    if (topic === undefined) return this.#begin(key).read(query, now)
    this.#use(key, topic)
    this.#expire(topic, now)
    return topic.read(query, now)
  }

  /** Frees what is too old, also of topics that nobody uses any more. */
  sweep (now: number): void {
    for (const topic of this.#topics.values()) this.#expire(topic, now)
  }

  #expire (topic: TopicHistory, now: number): void {
    const before = topic.bytes
    topic.expire(now)
    this.#bytes += topic.bytes - before
  }

  #begin (key: string): TopicHistory {
    const { epoch, offset } = this.#beginnings.of(key)
    return new TopicHistory(epoch, offset)
  }

  #use (key: string, topic: TopicHistory): void {
    this.#topics.delete(key)
    this.#topics.set(key, topic)
  }

  #evict (): void {
    // Looked at first, because finding the oldest of a map whose entries move costs more than asking.
    if (!this.#full()) return
    for (const [key, topic] of this.#topics) {
      if (!this.#full()) return
      this.#topics.delete(key)
      this.#bytes -= topic.bytes
      this.#beginnings.move(key, this.#highest)
    }
  }

  #full (): boolean {
    return this.#topics.size > this.#bounds.maxTopics || this.#bytes > this.#bounds.maxBytes
  }
}
