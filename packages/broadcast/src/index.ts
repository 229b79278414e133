import type { Broadcast } from './contract.ts'

export type { SubscribeRate } from './allowance.ts'
export type {
  Action, Broadcast, BroadcastCounters, BroadcastEvents, HistoryDetails, Policy, PolicyQuestion, PublishDetails,
  Published, Since, SubscribeDetails, Subscribed, TopicHistory, TopicState, UnsubscribeCode
} from './contract.ts'
export {
  BroadcastOptionError, ConnectionUnfitError, HistoryQueryError, PublicationInvalidError, SubscriptionBusyError,
  SubscriptionEndedError, TopicHistoryError, TopicInvalidError, TopicUnknownError
} from './errors.ts'
export type { BroadcastOptions } from './options.ts'
export { broadcast, broadcast as default } from './plugin.ts'
export type { RecoveryLimits } from './recovery.ts'
export type { ConflateOptions, HistoryOptions, TopicOptions } from './topic-options.ts'
export type { DeliverTrace, PublishTrace } from './tracing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    broadcast: Broadcast
  }
}
