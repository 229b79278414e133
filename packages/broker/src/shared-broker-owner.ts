import { Emitter } from '@fastify-realtime/protocol'
import type {
  Broker, BrokerRecord, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'
import { BrokerCapabilityError, BrokerUnavailableError, BrokerUseError } from './errors.ts'
import type {
  BrokerChannel, BrokerCounters, Capabilities, Deliver, SharedBroker, SharedBrokerEvents
} from './shared-broker.ts'

/** What it needs of a log: pino's shape, object first. */
export interface BrokerLog {
  info (object: object, message: string): void
  warn (object: object, message: string): void
  error (object: object, message: string): void
}

/** Owns the one broker of an app: starts it, shares its channels out and stops it. */
export class SharedBrokerOwner implements SharedBroker {
  readonly #channels = new Map<string, Deliver>()
  readonly #events: Emitter<SharedBrokerEvents>
  readonly #log: BrokerLog
  readonly #fallback: () => Broker
  #broker: Broker | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  readonly #counters = { published: 0, failed: 0, received: 0 }
  /** What the broker said last; it may speak before its start has settled. */
  #able = true
  #started = false

  /** @param fallback makes the broker when nobody calls `use`. */
  constructor (fallback: () => Broker, log: BrokerLog) {
    this.#fallback = fallback
    this.#log = log
    this.#events = new Emitter((error, event) => log.error({ err: error, event }, 'broker listener failed'))
  }

  get name (): string { return this.#broker?.name ?? 'unset' }
  get up (): boolean { return this.#started && this.#able && this.#stopping === undefined }
  get history (): HistoryStore | undefined { return this.#broker?.history }
  get presence (): PresenceStore | undefined { return this.#broker?.presence }
  get records (): RecordStore | undefined { return this.#broker?.records }
  get patterns (): boolean { return this.#broker?.patterns ?? false }
  get counters (): BrokerCounters { return { ...this.#counters, malformed: this.#broker?.malformed ?? 0 } }

  on<Name extends keyof SharedBrokerEvents> (event: Name, listener: SharedBrokerEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  use (broker: Broker): void {
    if (this.#broker !== undefined) {
      throw new BrokerUseError(`This app has the ${this.#broker.name} broker already; register the broker plugin once, ` +
        'before the app is ready')
    }
    this.#broker = broker
  }

  async start (): Promise<void> {
    this.#broker ??= this.#fallback()
    this.#starting ??= this.#start(this.#broker)
    await this.#starting
  }

  stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  open (channel: string, deliver: Deliver): BrokerChannel {
    if (this.#channels.has(channel)) {
      throw new BrokerUseError(`The broker channel "${channel}" is taken; is a plugin registered twice?`)
    }
    this.#channels.set(channel, deliver)
    return {
      publish: (record, options) => this.#publish({ ...record, channel }, options),
      subscribe: async (topic) => this.#running().subscribe(channel, topic),
      unsubscribe: async (topic) => this.#running().unsubscribe(channel, topic)
    }
  }

  require<Name extends keyof Capabilities> (capability: Name, neededBy: string): Capabilities[Name] {
    const found: Partial<Capabilities> = this.#running()
    const store = found[capability]
    if (store === undefined) throw new BrokerCapabilityError(neededBy, capability, this.name)
    return store
  }

  async #start (broker: Broker): Promise<void> {
    await broker.start({
      deliver: (record) => this.#deliver(record),
      state: (up) => this.#state(up)
    })
    this.#started = true
  }

  async #stop (): Promise<void> {
    if (this.#broker === undefined || this.#starting === undefined) return
    // A broker whose start failed may still hold resources, and its error was the starter's to handle.
    await this.#starting.catch(() => {})
    try {
      await this.#broker.stop()
    } catch (error) {
      // The app closes all the same; what was accepted and not carried is the operator's to know.
      this.#log.error({ err: error, broker: this.name }, 'broker did not stop cleanly')
    }
  }

  async #publish (record: BrokerRecord, options: PublishOptions | undefined): Promise<PublishResult> {
    try {
      const result = await this.#running().publish(record, options)
      this.#counters.published++
      return result
    } catch (error) {
      this.#counters.failed++
      throw error
    }
  }

  #running (): Broker {
    if (this.#broker === undefined || this.#starting === undefined) {
      throw new BrokerUnavailableError(this.name, 'it has not been started; await start() first')
    }
    if (this.#stopping !== undefined) throw new BrokerUnavailableError(this.name, 'it has been stopped')
    return this.#broker
  }

  #deliver (record: BrokerRecord): void {
    this.#counters.received++
    try {
      this.#channels.get(record.channel)?.(record)
    } catch (error) {
      this.#log.error({ err: error, channel: record.channel }, 'delivering a record failed')
    }
  }

  #state (up: boolean): void {
    if (up === this.#able) return
    this.#able = up
    if (!this.#started || this.#stopping !== undefined) return
    if (up) this.#log.info({ broker: this.name }, 'broker is back')
    else this.#log.warn({ broker: this.name }, 'broker is away')
    this.#events.emit(up ? 'up' : 'down')
  }
}
