import type { Connection } from '@fastify-realtime/connection-pool'
import type { Codec } from '@fastify-realtime/protocol'
import { find, withOne, withoutOne } from './held.ts'
import type { Held } from './held.ts'
import { Subscription } from './subscription.ts'
import type { Stage, SubscribedTopic } from './subscription.ts'

/** Who is subscribed to what, found from both sides. It knows no socket and no broker. */
export class Subscriptions {
  readonly #topics = new Map<string, SubscribedTopic>()
  /** Apart, so that whoever wants these need not look at all of them at once. */
  readonly #recoverable = new Set<SubscribedTopic>()
  readonly #connections = new Map<Connection, Held>()
  #size = 0

  /** All subscriptions of this node, whatever their stage. */
  get size (): number { return this.#size }
  get topicCount (): number { return this.#topics.size }
  get connectionCount (): number { return this.#connections.size }

  topic (name: string): SubscribedTopic | undefined { return this.#topics.get(name) }
  topics (): Iterable<SubscribedTopic> { return this.#topics.values() }

  /** The topics whose subscribers can recover. */
  recoverable (): SubscribedTopic[] { return [...this.#recoverable] }

  get (connection: Connection, name: string): Subscription | undefined {
    const held = this.#connections.get(connection)
    return held === undefined ? undefined : find(held, name)
  }

  of (connection: Connection): Iterable<Subscription> {
    return this.#connections.get(connection)?.values() ?? []
  }

  /** How many of them the client began by itself. */
  count (connection: Connection): number {
    let count = 0
    for (const { counted } of this.of(connection)) if (counted) count++
    return count
  }

  /** The subscription there is, or a new one; `create` makes the topic for its first subscription. */
  open (connection: Connection, codec: Codec, name: string, create: () => SubscribedTopic): Subscription {
    const known = this.get(connection, name)
    if (known !== undefined) return known
    const topic = this.#topics.get(name) ?? create()
    this.#topics.set(name, topic)
    if (topic.recoverable) this.#recoverable.add(topic)
    const subscription = new Subscription(connection, codec, topic)
    const held = this.#connections.get(connection)
    this.#connections.set(connection, held === undefined ? [subscription] : withOne(held, subscription))
    topic.subscriptions++
    this.#size++
    return subscription
  }

  /** Moves a subscription to where its stage says; only those that receive stand in a roster. */
  place (subscription: Subscription, stage: Stage): void {
    const { topic, stage: former } = subscription
    if (former === 'live') subscription.home.remove(subscription)
    else if (former === 'behind') topic.behind.remove(subscription)
    subscription.stage = stage
    if (stage === 'live') {
      // From here on the topic knows it for all.
      subscription.position = undefined
      subscription.home.add(subscription)
    }
    else if (stage === 'behind') topic.behind.add(subscription)
  }

  /** Ends a subscription. Answers whether it was the topic's last one, which ends the topic too. */
  close (subscription: Subscription): boolean {
    const { connection, topic } = subscription
    this.place(subscription, 'ended')
    const left = withoutOne(this.#connections.get(connection) as Held, subscription)
    if (left === undefined) this.#connections.delete(connection)
    else this.#connections.set(connection, left)
    topic.subscriptions--
    this.#size--
    if (topic.subscriptions > 0) return false
    this.#topics.delete(topic.name)
    this.#recoverable.delete(topic)
    return true
  }
}
