import type { BrokerChannel, BrokerRecord, ChannelRecord, HistoryPage, HistoryQuery, HistoryStore, PublishResult } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'

/** Settles a step at a moment that somebody else chooses. */
export type Step = (label: string) => Promise<unknown>

/** A broker whose every answer, effect and delivery settles in the order that a scheduler chooses. */
export class ModelBroker implements BrokerChannel {
  readonly interests = new Set<string>()
  /** Everything that was ever published, in order. */
  readonly truth: BrokerRecord[] = []
  deliver: (record: BrokerRecord) => void = () => {}
  /** Whether what is published reaches nobody: all else goes on working, as it may when half of a broker is away. */
  deaf = false
  readonly #step: Step
  readonly #size: number
  #history: BrokerRecord[] = []
  #epoch = 0
  #top = 0
  #queue: BrokerRecord[] = []
  #delivering = false

  /** @param size how many records the history keeps. */
  constructor (step: Step, size: number) {
    this.#step = step
    this.#size = size
  }

  /** How often the history was lost. */
  get losses (): number { return this.#epoch }

  /** Whether the history never was too short. */
  get keepsAll (): boolean { return this.truth.length <= this.#size }

  get position (): Position { return { epoch: `e${this.#epoch}`, offset: this.#top } }

  async publish (record: ChannelRecord): Promise<PublishResult> {
    await this.#step('publish')
    this.#top++
    const kept: BrokerRecord = { ...record, channel: 'topics', position: this.position }
    this.truth.push(kept)
    this.#history = [...this.#history, kept].slice(-this.#size)
    if (this.interests.has(record.topic) && !this.deaf) this.#enqueue(kept)
    await this.#step('published')
    return { position: this.position, duplicate: false }
  }

  async subscribe (topic: string): Promise<void> {
    await this.#step('subscribe')
    this.interests.add(topic)
    await this.#step('subscribed')
  }

  async unsubscribe (topic: string): Promise<void> {
    await this.#step('unsubscribe')
    this.interests.delete(topic)
    await this.#step('unsubscribed')
  }

  /** The history is lost, and with it what was on its way. */
  forget (): void {
    this.#epoch++
    this.#history = []
    this.#queue = []
  }

  /** The connection breaks: what was on its way is lost, and so is what comes until it hears again. */
  cut (): void {
    this.deaf = true
    this.#queue = []
  }

  readonly history: HistoryStore = {
    read: async (_channel, _topic, query) => {
      await this.#step('read')
      const page = this.#read(query)
      await this.#step('page')
      return page
    },
    position: async () => {
      await this.#step('ask position')
      const { position } = this
      await this.#step('position')
      return position
    }
  }

  #read ({ since, limit }: HistoryQuery): HistoryPage {
    const oldest = this.#top - this.#history.length
    const offset = since?.offset ?? oldest
    const found = this.#history.filter(({ position }) => position !== undefined && position.offset > offset)
    const records = since === undefined ? found.slice(-limit) : found.slice(0, limit)
    const complete = since === undefined || (since.epoch === this.position.epoch && offset >= oldest && offset <= this.#top)
    return { position: this.position, records, complete, more: found.length > limit }
  }

  #enqueue (record: BrokerRecord): void {
    this.#queue.push(record)
    if (!this.#delivering) void this.#run()
  }

  async #run (): Promise<void> {
    this.#delivering = true
    while (this.#queue.length > 0) {
      await this.#step('deliver')
      const record = this.#queue.shift()
      if (record !== undefined) this.deliver(record)
    }
    this.#delivering = false
  }
}
