import type { Broadcast } from './contract.ts'

export type {
  Action, Broadcast, BroadcastCounters, BroadcastEvents, HistoryDetails, Policy, PolicyQuestion, PublishDetails,
  Published, Since, SubscribeDetails, Subscribed, TopicHistory, TopicState, UnsubscribeCode
} from './contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    broadcast: Broadcast
  }
}
