import type { SharedBroker } from './shared-broker.ts'

export { sharedBroker } from './app-broker.ts'
export type { BrokerHost } from './app-broker.ts'
export { combine } from './combined-broker.ts'
export type { Lenders } from './combined-broker.ts'
export type {
  Broker, BrokerRecord, BrokerSink, HistoryLimits, HistoryPage, HistoryQuery, HistoryStore, PresenceChange,
  PresenceEntry, PresenceList, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'
export { BrokerCapabilityError, BrokerOptionError, BrokerUnavailableError, BrokerUseError } from './errors.ts'
export { guard } from './guard/guard.ts'
export type { GuardOptions } from './guard/guard-options.ts'
export { guardHistory, guardPresence, guardRecords } from './guard/guarded-stores.ts'
export type { Call } from './guard/guarded-stores.ts'
export { memoryBroker } from './memory/memory-broker.ts'
export type { MemoryBrokerOptions } from './memory/memory-broker.ts'
export { memoryHub } from './memory/memory-hub.ts'
export type { MemoryHub } from './memory/memory-hub.ts'
export type { MemoryHubOptions } from './memory/memory-options.ts'
export type { BrokerOptions } from './options.ts'
export { broker, broker as default } from './plugin.ts'
export { createPublisher } from './publisher.ts'
export type { Publisher, PublisherDetails, PublisherOptions } from './publisher.ts'
export type {
  BrokerChannel, BrokerCounters, Capabilities, ChannelRecord, Deliver, SharedBroker, SharedBrokerEvents
} from './shared-broker.ts'

declare module 'fastify' {
  interface FastifyInstance {
    broker: SharedBroker
  }
}
