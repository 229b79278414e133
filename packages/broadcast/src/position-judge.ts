import type { SharedBroker } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'
import type { Subscribing } from './subscribing.ts'
import type { TopicStore } from './shared-reads.ts'
import type { SubscribedTopic } from './subscription.ts'

/** What those need who look for publications that the node never got. */
export interface PositionParts {
  /** The topics whose subscribers can recover. */
  readonly topics: () => readonly SubscribedTopic[]
  readonly judge: PositionJudge
  readonly broker: Pick<SharedBroker, 'up'>
  readonly failed: (error: unknown, topic: string) => void
}

/** Compares what a topic's receivers have with what the broker has. */
export class PositionJudge {
  readonly #store: (topic: string) => TopicStore
  readonly #subscribing: Pick<Subscribing, 'lose'>

  constructor (store: (topic: string) => TopicStore, subscribing: Pick<Subscribing, 'lose'>) {
    this.#store = store
    this.#subscribing = subscribing
  }

  /** Where the topic stands at the broker. */
  newest (topic: SubscribedTopic): Promise<Position> {
    return this.#store(topic.name).position()
  }

  /** Ends the receivers whose position is lost. */
  lose (topic: SubscribedTopic, isLost: (known: Position) => boolean): void {
    this.#subscribing.lose(topic, isLost)
    // Others may keep the topic alive, and whoever subscribes next would begin behind the hole.
    if (topic.last !== undefined && isLost(topic.last)) topic.last = undefined
  }
}
