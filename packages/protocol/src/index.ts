export { systemClock } from './clock.ts'
export type { Clock, Timer } from './clock.ts'
export { closeReasons } from './close-reason.ts'
export type { CloseReason } from './close-reason.ts'
export type { Codec, Encoded } from './codec.ts'
export { Emitter } from './emitter.ts'
export type { EventMap, Listenable } from './emitter.ts'
export type {
  ClientEnvelope, Envelope, Expiring, Failure, Heartbeat, Message, PresenceMember, PresenceUpdate, Publication,
  PublicationHead, Reply, ServerEnvelope, ServerRequest, SubscriptionState, Unsubscribed, Welcome
} from './envelope.ts'
export type { FailureCode } from './failure-code.ts'
export { isAfter } from './position.ts'
export type { Position } from './position.ts'
export type { Principal } from './principal.ts'
