import { randomUUID } from 'node:crypto'
import type {
  Broker, BrokerRecord, BrokerSink, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from '../contract.ts'
import { BrokerUnavailableError } from '../errors.ts'
import { recordBytes } from '../record-bytes.ts'
import { TopicMap } from '../topic-map.ts'
import { Breaker } from './breaker.ts'
import { Deadlines } from './deadlines.ts'
import type { GuardOptions } from './guard-options.ts'
import { guardHistory, guardPresence, guardRecords } from './guarded-stores.ts'

/** A broker that never hangs and never piles up, whatever the one inside does. */
export class GuardedBroker implements Broker {
  readonly name: string
  readonly history?: HistoryStore
  readonly presence?: PresenceStore
  readonly records?: RecordStore
  readonly #inner: Broker
  readonly #options: Required<GuardOptions>
  readonly #deadlines: Deadlines
  readonly #slow: Deadlines
  readonly #breaker: Breaker
  /** Topics that the node wants now, so that a subscription that came too late is taken back. */
  readonly #wanted = new TopicMap<true>()
  #sink: BrokerSink | undefined
  #innerUp = true
  #told = true
  #waiting = 0
  #bytes = 0

  constructor (inner: Broker, options: Required<GuardOptions>) {
    this.name = inner.name
    this.#inner = inner
    this.#options = options
    this.#deadlines = new Deadlines(options.clock, options.timeout)
    this.#slow = new Deadlines(options.clock, options.startTimeout)
    this.#breaker = new Breaker(options, () => this.#probe(), () => this.#tell())
    const call = <T>(work: () => Promise<T>): Promise<T> => this.#call(work, 0)
    if (inner.history !== undefined) this.history = guardHistory(inner.history, call)
    if (inner.presence !== undefined) this.presence = guardPresence(inner.presence, call)
    if (inner.records !== undefined) this.records = guardRecords(inner.records, call)
  }

  get patterns (): boolean { return this.#inner.patterns ?? false }
  get malformed (): number { return this.#inner.malformed ?? 0 }

  async start (sink: BrokerSink): Promise<void> {
    const state = (up: boolean): void => {
      this.#innerUp = up
      if (up) this.#breaker.success()
      this.#tell()
    }
    const work = this.#inner.start({ deliver: (record) => sink.deliver(record), state })
    await this.#slow.race(work, (delay) => new BrokerUnavailableError(this.name, `it did not start within ${delay} ms`))
    this.#sink = sink
    this.#tell()
  }

  publish (record: BrokerRecord, options?: PublishOptions): Promise<PublishResult> {
    return this.#call(() => this.#inner.publish(record, options), recordBytes(record))
  }

  async subscribe (channel: string, topic: string): Promise<void> {
    this.#wanted.set(channel, topic, true)
    let late = false
    const work = async (): Promise<void> => {
      await this.#inner.subscribe(channel, topic)
      // Its caller was told that it failed, so nobody would ever end this interest.
      if (late && this.#wanted.get(channel, topic) === undefined) await this.#inner.unsubscribe(channel, topic)
    }
    try {
      await this.#call(work, 0)
    } catch (error) {
      late = true
      this.#wanted.delete(channel, topic)
      throw error
    }
  }

  /** Tried even while the breaker is open: what is not ended now would be delivered for ever. */
  async unsubscribe (channel: string, topic: string): Promise<void> {
    this.#wanted.delete(channel, topic)
    await this.#attempt(() => this.#inner.unsubscribe(channel, topic), 0)
  }

  async stop (): Promise<void> {
    this.#breaker.clear()
    const late = (delay: number): Error => new BrokerUnavailableError(this.name, `it did not stop within ${delay} ms`)
    try {
      await this.#slow.race(this.#inner.stop(), late)
    } finally {
      this.#slow.clear()
      this.#deadlines.clear()
    }
  }

  async #call<T> (work: () => Promise<T>, bytes: number): Promise<T> {
    if (this.#breaker.open) throw new BrokerUnavailableError(this.name, 'it failed too often and is being probed')
    if (this.#waiting >= this.#options.maxWaiting || this.#bytes + bytes > this.#options.maxBytes) {
      throw new BrokerUnavailableError(this.name, 'too much waits for it')
    }
    return this.#attempt(work, bytes)
  }

  async #attempt<T> (work: () => Promise<T>, bytes: number): Promise<T> {
    try {
      const result = await this.#deadlines.race(this.#count(work, bytes), (delay) =>
        new BrokerUnavailableError(this.name, `it did not answer within ${delay} ms; the work may be done all the same`))
      this.#breaker.success()
      return result
    } catch (error) {
      if (error instanceof BrokerUnavailableError) this.#breaker.failure()
      throw error
    }
  }

  /** Counts the call until the broker itself is done with it, because until then it holds the memory. */
  async #count<T> (work: () => Promise<T>, bytes: number): Promise<T> {
    this.#waiting++
    this.#bytes += bytes
    try {
      return await work()
    } finally {
      this.#waiting--
      this.#bytes -= bytes
    }
  }

  #probe (): Promise<PublishResult> {
    const record: BrokerRecord = {
      channel: '$guard', topic: 'probe', event: 'probe', id: randomUUID(), time: this.#options.clock.time(), payload: 'null'
    }
    return this.#deadlines.race(this.#inner.publish(record), () => new BrokerUnavailableError(this.name, 'the probe failed'))
  }

  #tell (): void {
    const up = this.#innerUp && !this.#breaker.open
    if (up === this.#told || this.#sink === undefined) return
    this.#told = up
    this.#sink.state(up)
  }
}
