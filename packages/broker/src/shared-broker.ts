import type { Listenable } from '@fastify-realtime/protocol'
import type {
  Broker, BrokerRecord, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'

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

/** Counted since the start of the node. */
export interface BrokerCounters {
  /** Records that the broker accepted, duplicates included. */
  readonly published: number
  /** Records that it did not accept. */
  readonly failed: number
  /** Records that it handed to this node. */
  readonly received: number
  /** What came from elsewhere and was no record. */
  readonly malformed: number
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
  readonly counters: BrokerCounters
  /** Whether channels can subscribe to patterns such as `price:*`; known once `start` has settled. */
  readonly patterns: boolean
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
