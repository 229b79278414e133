import type { HistoryPage, HistoryQuery, HistoryStore } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'
import { SharedAnswer } from './shared-answer.ts'
import { SharedPage } from './shared-page.ts'
import type { TopicSettings } from './topic-options.ts'

/** One topic of the broker's history. */
export interface TopicStore {
  read (query: HistoryQuery): Promise<HistoryPage>
  position (): Promise<Position>
}

export function topicStore (store: HistoryStore, channel: string, topic: string): TopicStore {
  return {
    read: (query) => store.read(channel, topic, query),
    position: () => store.position(channel, topic)
  }
}

/**
 * Reads that everybody who asks for the same shares. An answer stays good until the next publication of the topic, and
 * for as long as one buffer has gathered live publications without a break since before the read began.
 */
export class SharedReads {
  readonly #store: TopicStore
  readonly #settings: TopicSettings
  readonly #pages = new Map<string, SharedAnswer<SharedPage>>()
  #position: SharedAnswer<Position> | undefined

  constructor (store: TopicStore, settings: TopicSettings) {
    this.#store = store
    this.#settings = settings
  }

  page (query: HistoryQuery): Promise<SharedPage> {
    const key = query.since === undefined ? `${query.limit}` : `${query.limit} ${query.since.offset} ${query.since.epoch}`
    const known = this.#pages.get(key)
    if (known !== undefined) return known.get()
    const read = this.#store.read(query).then((page) => new SharedPage(page, this.#settings))
    const page = new SharedAnswer(read)
    this.#pages.set(key, page)
    // A failure is told to those who wait; whoever comes later tries anew.
    read.catch(() => this.#pages.delete(key))
    return page.get()
  }

  position (): Promise<Position> {
    if (this.#position === undefined) {
      const position = this.#store.position()
      this.#position = new SharedAnswer(position)
      position.catch(() => { this.#position = undefined })
    }
    return this.#position.get()
  }

  /** Something was published: what was read is no longer the newest. */
  expire (): void {
    this.#pages.clear()
    this.#position = undefined
  }
}
