import type { SubscriptionState, Welcome } from '@fastify-realtime/protocol'
import type { RealtimeError } from './errors.ts'
import type { Received } from './publication.ts'
import type { StandingRequest } from './standing-request.ts'
import { Topic } from './topic.ts'
import type { TopicListener, TopicOptions } from './topic.ts'

export interface Joined {
  readonly topic: Topic
  readonly leave: () => void
}

/** A listener that goes from topic to topic. */
export interface Follower {
  readonly topic: string
  /** Leaves the topic before. */
  follow (join?: (listener: TopicListener) => Joined): void
}

/** The topics of one client, however many subscriptions share each of them. */
export class Topics {
  /** Follows the principal's own topic. */
  user: Follower | undefined
  readonly #all = new Map<string, Topic>()
  readonly #request: () => StandingRequest
  /** The connection's id while there is one. */
  #connection: string | undefined
  #closed: RealtimeError | undefined

  constructor (request: () => StandingRequest) {
    this.#request = request
  }

  /** The options count for the first one that joins a topic. */
  join (name: string, options: TopicOptions, listener: TopicListener): Joined {
    const known = this.#all.get(name)
    const topic = known ?? this.#add(name, options)
    topic.listeners.add(listener)
    if (this.#closed !== undefined) topic.end(this.#closed)
    else if (known !== undefined) greet(known, options, listener)
    else if (this.#connection !== undefined) topic.open(this.#connection)
    return { topic, leave: () => topic.leave(listener) }
  }

  open ({ connection, principal, subscriptions = [] }: Partial<Welcome>): void {
    let own = ''
    const states = new Map<string, SubscriptionState>()
    for (const state of subscriptions) {
      const { topic } = state
      states.set(topic, state)
      if (!this.#all.has(topic)) this.#add(topic, {})
      // Other percent signs stay as they are: not every topic is well-formed.
      if (topic.replace(/%2[1789A]/g, decodeURIComponent) === `user:${encodeURIComponent(String(principal))}`) own = topic
    }
    if (this.user?.topic !== own) this.user?.follow(own === '' ? undefined : (listener) => this.join(own, {}, listener))
    // What is joined meanwhile comes last in this loop.
    const id = String(connection)
    for (const topic of this.#all.values()) topic.open(id, states.get(topic.name))
    this.#connection = id
  }

  publication (publication: Received): void {
    const topic = publication.topic as string
    this.#all.get(topic)?.publication(publication)
    for (const pattern of this.#all.values()) {
      if (pattern.prefix !== undefined && topic.startsWith(pattern.prefix)) pattern.publication(publication)
    }
  }

  unsubscribed (envelope: { readonly topic: string, readonly code: string, readonly reason: string }): void {
    this.#all.get(envelope.topic)?.unsubscribed(envelope)
  }

  pause (): void {
    this.#connection = undefined
    for (const topic of this.#all.values()) topic.pause()
  }

  /** @param told what those hear who are there; nothing when the application wanted it */
  end (error: RealtimeError, told: RealtimeError | undefined): void {
    this.#closed = error
    for (const topic of this.#all.values()) topic.end(told)
  }

  #add (name: string, options: TopicOptions): Topic {
    const topic = new Topic(name, options, this.#request(), () => this.#all.delete(name))
    this.#all.set(name, topic)
    return topic
  }
}

/** Whoever joins a topic that is live already is told in a moment, when the listeners are there. */
function greet (topic: Topic, { latest }: TopicOptions, listener: TopicListener): void {
  const { last, isLive } = topic
  if (!isLive) return
  queueMicrotask(() => {
    if (!topic.isLive || !topic.listeners.has(listener)) return
    if (latest === true && last !== undefined && last === topic.last) listener.emit('publication', last)
    listener.emit('live')
  })
}
