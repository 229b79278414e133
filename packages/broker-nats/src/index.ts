export type { NatsConnection, NatsHeaders, NatsMessage, NatsSubscription } from './connection.ts'
export { natsBroker } from './nats-broker.ts'
export type { NatsBrokerOptions } from './nats-options.ts'
