import type {
  Broker, BrokerRecord, BrokerSink, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from '../contract.ts'
import { BrokerUnavailableError, BrokerUseError } from '../errors.ts'
import type { Receiver } from './dispatch.ts'
import { MemoryHub } from './memory-hub.ts'
import type { MemoryHubOptions } from './memory-options.ts'

export interface MemoryBrokerOptions extends MemoryHubOptions {
  /** Memory shared with other brokers of this process; then its own options count. Default: a hub of its own. */
  readonly hub?: MemoryHub
}

/** A whole broker in this process's memory: one node, or several that share a hub. */
export class MemoryBroker implements Broker {
  readonly name = 'memory'
  readonly patterns = true
  readonly history: HistoryStore
  readonly presence: PresenceStore
  readonly records: RecordStore
  readonly #hub: MemoryHub
  /** This node at the hub; of its own, because two nodes may be given one sink. */
  #node: Receiver | undefined
  #stopped = false

  /** @param local whether no other broker shares the hub. */
  constructor (hub: MemoryHub, local: boolean) {
    this.#hub = hub
    this.history = hub.history
    this.presence = hub.presence
    this.records = { ...hub.records, local }
  }

  async start (sink: BrokerSink): Promise<void> {
    if (this.#node !== undefined || this.#stopped) {
      throw new BrokerUseError('A memory broker serves one app once; for several apps in one process give each its own ' +
        'memoryBroker({ hub }) with one memoryHub()')
    }
    this.#node = { deliver: (record) => sink.deliver(record) }
    this.#hub.enter(this.#node)
  }

  async publish (record: BrokerRecord, options: PublishOptions = {}): Promise<PublishResult> {
    this.#running()
    return this.#hub.publish(record, options)
  }

  async subscribe (channel: string, topic: string): Promise<void> {
    this.#hub.subscribe(channel, topic, this.#running())
  }

  async unsubscribe (channel: string, topic: string): Promise<void> {
    this.#hub.unsubscribe(channel, topic, this.#running())
  }

  async stop (): Promise<void> {
    const node = this.#node
    this.#stopped = true
    this.#node = undefined
    if (node !== undefined) await this.#hub.leave(node)
  }

  #running (): Receiver {
    if (this.#node === undefined) throw new BrokerUnavailableError(this.name, 'it is not started, or stopped')
    return this.#node
  }
}

/**
 * The broker for one node, which needs nothing else. Histories live within `maxTopics` and `maxBytes`; what falls out
 * shows as `complete: false` to whoever reads it.
 */
export function memoryBroker (options: MemoryBrokerOptions = {}): Broker & Required<Pick<Broker, 'history' | 'presence' | 'records'>> {
  const { hub, ...own } = options
  return new MemoryBroker(hub ?? new MemoryHub(own), hub === undefined)
}
