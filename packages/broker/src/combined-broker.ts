import { checkOptionNames } from '@fastify-realtime/protocol'
import type {
  Broker, BrokerRecord, BrokerSink, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'
import { BrokerCapabilityError } from './errors.ts'

/** Which broker lends which capability. */
export interface Lenders {
  readonly history?: Broker
  readonly presence?: Broker
  readonly records?: Broker
}

class CombinedBroker implements Broker {
  readonly name: string
  readonly history?: HistoryStore
  readonly presence?: PresenceStore
  readonly records?: RecordStore
  readonly #base: Broker
  /** Carries the topics with history, because only there append and delivery are one step and keep one order. */
  readonly #historian: Broker
  /** Every broker once. */
  readonly #all: readonly Broker[]
  readonly #carriers: readonly Broker[]
  readonly #down = new Set<Broker>()

  constructor (base: Broker, lenders: Lenders) {
    const history = borrow(base, lenders.history, 'history')
    const presence = borrow(base, lenders.presence, 'presence')
    const records = borrow(base, lenders.records, 'records')
    if (history.history !== undefined) this.history = history.history
    if (presence.presence !== undefined) this.presence = presence.presence
    if (records.records !== undefined) this.records = records.records
    this.#base = base
    this.#historian = history
    this.#all = [...new Set([base, history, presence, records])]
    this.#carriers = [...new Set([base, history])]
    this.name = this.#all.map((broker) => broker.name).join('+')
  }

  /** Known to the whole when every part that carries records knows them. */
  get patterns (): boolean { return this.#carriers.every((broker) => broker.patterns === true) }

  get malformed (): number {
    return this.#all.reduce((sum, broker) => sum + (broker.malformed ?? 0), 0)
  }

  async start (sink: BrokerSink): Promise<void> {
    await Promise.all(this.#all.map((broker) => broker.start({
      deliver: (record) => sink.deliver(record),
      state: (up) => this.#state(broker, up, sink)
    })))
  }

  publish (record: BrokerRecord, options: PublishOptions = {}): Promise<PublishResult> {
    const carrier = options.history === undefined ? this.#base : this.#historian
    return carrier.publish(record, options)
  }

  async subscribe (channel: string, topic: string): Promise<void> {
    try {
      await Promise.all(this.#carriers.map((broker) => broker.subscribe(channel, topic)))
    } catch (error) {
      await Promise.allSettled(this.#carriers.map((broker) => broker.unsubscribe(channel, topic)))
      throw error
    }
  }

  async unsubscribe (channel: string, topic: string): Promise<void> {
    await Promise.all(this.#carriers.map((broker) => broker.unsubscribe(channel, topic)))
  }

  async stop (): Promise<void> {
    const stopped = await Promise.allSettled(this.#all.map((broker) => broker.stop()))
    for (const outcome of stopped) {
      if (outcome.status === 'rejected') throw outcome.reason
    }
  }

  /** Up means that all of them are: each carries or keeps something that the app needs. */
  #state (broker: Broker, up: boolean, sink: BrokerSink): void {
    const before = this.#down.size
    if (up) this.#down.delete(broker)
    else this.#down.add(broker)
    if (Math.min(before, 1) !== Math.min(this.#down.size, 1)) sink.state(this.#down.size === 0)
  }
}

function borrow (base: Broker, lender: Broker | undefined, capability: keyof Lenders): Broker {
  if (lender === undefined) return base
  if (lender[capability] === undefined) throw new BrokerCapabilityError('combine()', capability, lender.name)
  return lender
}

/**
 * One broker out of several: `combine(rabbit, { history: redis, records: redis })`. Topics with history travel over the
 * broker that keeps their history; all others over the base. The combined broker is up while all of its parts are.
 * @throws FRT_ERR_BROKER_CAPABILITY when a lender lacks what it should lend
 */
export function combine (base: Broker, lenders: Lenders): Broker {
  return new CombinedBroker(base, checkOptionNames('combine', lenders, { history: 1, presence: 1, records: 1 }))
}
