import type { Connection } from '@fastify-realtime/connection-pool'
import { isPattern } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import type { Assembly } from './assembly.ts'
import type {
  Action, Broadcast, BroadcastCounters, BroadcastEvents, HistoryDetails, PublishDetails, Published, SubscribeDetails,
  Subscribed, TopicHistory, TopicState, UnsubscribeCode
} from './contract.ts'
import { TopicInvalidError } from './errors.ts'
import { shown } from './publisher.ts'
import type { Answer } from './recovery.ts'
import { isUsable } from './topic-rules.ts'

/** `app.broadcast`: what the application and other packages see of the parts. */
export class TopicBroadcast implements Broadcast {
  readonly #parts: Assembly

  constructor (parts: Assembly) {
    this.#parts = parts
  }

  on<Name extends keyof BroadcastEvents> (event: Name, listener: BroadcastEvents[Name]): () => void {
    return this.#parts.events.on(event, listener)
  }

  publish (topic: string, event: string, data?: unknown, details: PublishDetails = {}): Promise<Published> {
    return this.#parts.publisher.publish(topic, event, data, details)
  }

  async subscribe (connection: Connection, topic: string, details: SubscribeDetails = {}): Promise<Subscribed> {
    if (!isUsable(topic) && !isPattern(topic)) throw new TopicInvalidError(shown(topic))
    const { subscribing } = this.#parts
    const send = ({ publications = [] }: Answer): void => {
      for (const publication of publications) connection.sendEnvelope(publication)
    }
    let answer = await subscribing.subscribe(connection, topic, details, send)
    while (answer.more === true && answer.position !== undefined) {
      const since = { ...details.since, ...answer.position }
      answer = await subscribing.subscribe(connection, topic, { ...details, since }, send)
    }
    const { position, recovered } = answer
    return { ...(position !== undefined && { position }), ...(recovered !== undefined && { recovered }) }
  }

  unsubscribe (connection: Connection, topic: string, reason: { readonly code?: UnsubscribeCode, readonly reason?: string } = {}): boolean {
    const { subscriptions, subscribing } = this.#parts
    const subscription = subscriptions.get(connection, topic)
    if (subscription === undefined) return false
    const code = reason.code ?? 'forced'
    return subscribing.end(subscription, code, subscribing.notice(topic, code, reason.reason ?? 'unsubscribed by the server'))
  }

  topics (): TopicState[] {
    const told = [...this.#parts.subscriptions.topics()].filter((topic) => topic.told > 0)
    return told.map(({ name, told: subscribers, settings: { history, keep } }) =>
      history && keep !== undefined ? { topic: name, subscribers, history: keep } : { topic: name, subscribers })
  }

  topicsOf (connection: Connection): string[] {
    return [...this.#parts.subscriptions.of(connection)].filter(({ told }) => told).map(({ topic }) => topic.name)
  }

  subscribers (topic: string): Connection[] {
    const found = this.#parts.subscriptions.topic(topic)
    return found === undefined ? [] : Array.from(found.receivers(), ({ connection }) => connection)
  }

  history (topic: string, details: HistoryDetails = {}): Promise<TopicHistory> {
    return this.#parts.reader.read(topic, details)
  }

  async can (principal: Principal | null, action: Action, topic: string, connection?: Connection, token?: unknown): Promise<boolean> {
    const from = { ...connection !== undefined && { connection }, ...token !== undefined && { token } }
    return await this.#parts.permissions.can(action, { principal, topic, ...from })
  }

  get counters (): BroadcastCounters {
    const { publisher, delivery, subscribing, subscriptions } = this.#parts
    return {
      published: publisher.count,
      received: delivery.received,
      ...delivery.tally,
      ...subscribing.counters,
      topics: subscriptions.topicCount,
      subscriptions: subscriptions.size
    }
  }
}
