export type {
  Broker, BrokerRecord, BrokerSink, HistoryLimits, HistoryPage, HistoryQuery, HistoryStore, PresenceChange,
  PresenceEntry, PresenceList, PresenceStore, PublishOptions, PublishResult, RecordStore
} from './contract.ts'
