import { Emitter } from '@fastify-realtime/protocol'
import type { Listenable } from '@fastify-realtime/protocol'
import type {
  Broker, BrokerRecord, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'
import { BrokerCapabilityError, BrokerUnavailableError, BrokerUseError } from './errors.ts'

export type Deliver = (record: BrokerRecord) => void

/** What a publisher says; the channel adds its name and the broker the position. */
export type ChannelRecord = Omit<BrokerRecord, 'channel' | 'position'>

/** One package's part of the broker. */
export interface BrokerChannel {
  /** @throws {BrokerUnavailableError} (rejects) when the broker cannot carry it now. */
  publish (record: ChannelRecord, options?: PublishOptions): Promise<PublishResult>
  /** Settles when every later publication on the topic will be delivered to this node. */
  subscribe (topic: string): Promise<void>
  unsubscribe (topic: string): Promise<void>
}

export interface SharedBrokerEvents {
  /** The broker can carry records again. */
  up: () => void
  /** The broker cannot carry records now; the node should not call itself ready. */
  down: () => void
}

export interface Capabilities {
  readonly history: HistoryStore
  readonly presence: PresenceStore
  readonly records: RecordStore
}

/** What `SharedBrokerOwner` needs of a log: pino's shape, object first. */
export interface BrokerLog {
  info (object: object, message: string): void
  warn (object: object, message: string): void
  error (object: object, message: string): void
}

/** The app's one broker, as packages and apps see it. Capabilities are known once `start` has settled. */
export interface SharedBroker extends Listenable<SharedBrokerEvents> {
  /** The broker's short name, for logs and metrics. */
  readonly name: string
  /** Whether records can be carried now; `false` before the start and after the stop. */
  readonly up: boolean
  readonly history: HistoryStore | undefined
  readonly presence: PresenceStore | undefined
  readonly records: RecordStore | undefined
  /** Chooses the broker; once, and before the app is ready. */
  use (broker: Broker): void
  /** Idempotent; await it in your own `onReady` before you use the broker. */
  start (): Promise<void>
  /** Idempotent; the app's `onClose` does it after those who opened channels have closed. */
  stop (): Promise<void>
  /** Takes a channel for one package, at registration or later. A second opener of the same channel is refused. */
  open (channel: string, deliver: Deliver): BrokerChannel
  /** The capability, or the error that tells how to get it. Call it after `start`. */
  require<Name extends keyof Capabilities> (capability: Name, neededBy: string): Capabilities[Name]
}

export class SharedBrokerOwner implements SharedBroker {
  readonly #channels = new Map<string, Deliver>()
  readonly #events: Emitter<SharedBrokerEvents>
  readonly #log: BrokerLog
  readonly #fallback: () => Broker
  #broker: Broker | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #up = false

  /** @param fallback makes the broker when nobody calls `use`. */
  constructor (fallback: () => Broker, log: BrokerLog) {
    this.#fallback = fallback
    this.#log = log
    this.#events = new Emitter((error, event) => log.error({ err: error, event }, 'broker listener failed'))
  }

  get name (): string { return this.#broker?.name ?? 'unset' }
  get up (): boolean { return this.#up }
  get history (): HistoryStore | undefined { return this.#broker?.history }
  get presence (): PresenceStore | undefined { return this.#broker?.presence }
  get records (): RecordStore | undefined { return this.#broker?.records }

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
      publish: async (record, options) => this.#running().publish({ ...record, channel }, options),
      subscribe: async (topic) => this.#running().subscribe(channel, topic),
      unsubscribe: async (topic) => this.#running().unsubscribe(channel, topic)
    }
  }

  require<Name extends keyof Capabilities> (capability: Name, neededBy: string): Capabilities[Name] {
    const found: Partial<Capabilities> = this.#running()
    const store = found[capability]
    if (store === undefined) throw new BrokerCapabilityError(neededBy, capability, this.name, capability)
    return store
  }

  async #start (broker: Broker): Promise<void> {
    await broker.start({
      deliver: (record) => this.#deliver(record),
      state: (up) => this.#state(up)
    })
    this.#up = this.#stopping === undefined
  }

  async #stop (): Promise<void> {
    this.#up = false
    if (this.#broker === undefined || this.#starting === undefined) return
    // A broker whose start failed may still hold resources, and its error was the starter's to handle.
    await this.#starting.catch(() => {})
    await this.#broker.stop()
  }

  #running (): Broker {
    if (this.#broker === undefined || this.#starting === undefined) {
      throw new BrokerUnavailableError(this.name, 'it has not been started; await start() first')
    }
    if (this.#stopping !== undefined) throw new BrokerUnavailableError(this.name, 'it has been stopped')
    return this.#broker
  }

  #deliver (record: BrokerRecord): void {
    try {
      this.#channels.get(record.channel)?.(record)
    } catch (error) {
      this.#log.error({ err: error, channel: record.channel }, 'delivering a record failed')
    }
  }

  #state (up: boolean): void {
    if (up === this.#up || this.#stopping !== undefined) return
    this.#up = up
    if (up) this.#log.info({ broker: this.name }, 'broker is back')
    else this.#log.warn({ broker: this.name }, 'broker is away')
    this.#events.emit(up ? 'up' : 'down')
  }
}
