import type { PresenceList } from '@fastify-realtime/broker'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Change } from './change.ts'
import { TopicView } from './topic-view.ts'

/** Changes that are kept while a list is being read; what comes beyond them means that another list is needed. */
const MOST_WHILE_READING = 1_024

/** One topic that connections of this node watch. */
export class Watch {
  readonly topic: string
  readonly view: TopicView
  readonly watchers: Set<Connection> = new Set()
  /** Connections that wait for the first list. */
  waiting: number = 0
  /** Settles with the first list. */
  ready: Promise<void> = Promise.resolve()
  /** Told once that changes are missing; at the second time the list is read anew. */
  late: boolean = false
  /** Monotonic milliseconds before which a number alone is not told again. */
  quietUntil: number = 0
  /** What came while the list is being read. A new watch is reading. */
  #reading: Change[] | undefined = []

  constructor (topic: string, limit: number) {
    this.topic = topic
    this.view = new TopicView(topic, limit)
  }

  get unused (): boolean { return this.watchers.size === 0 && this.waiting === 0 }
  get reading (): boolean { return this.#reading !== undefined }

  /** While it runs changes wait, because the list may hold them already. */
  async read (list: () => Promise<PresenceList>): Promise<void> {
    const changes: Change[] = this.#reading = []
    try {
      this.view.reset(await list())
    } finally {
      this.#reading = undefined
      for (const change of changes) this.view.apply(change)
      if (changes.length === MOST_WHILE_READING) this.view.doubt()
    }
  }

  take (change: Change): void {
    if (this.#reading === undefined) this.view.apply(change)
    else if (this.#reading.length < MOST_WHILE_READING) this.#reading.push(change)
  }
}
