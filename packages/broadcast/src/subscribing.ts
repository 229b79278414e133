import type { Connection } from '@fastify-realtime/connection-pool'
import type { Emitter, Position, Unsubscribed } from '@fastify-realtime/protocol'
import { answerFor, sendNewer } from './answer.ts'
import type { Continuity } from './continuity.ts'
import type { BroadcastEvents, UnsubscribeCode } from './contract.ts'
import { ConnectionUnfitError, SubscriptionBusyError, TopicUnknownError } from './errors.ts'
import type { Delivery } from './delivery.ts'
import type { HookFailed } from './hooks.ts'
import type { Interests } from './interests.ts'
import type { Buffer } from './merge-buffer.ts'
import { SharedFrame } from './publication.ts'
import type { FrameMaker } from './publication.ts'
import { overTurns } from './over-turns.ts'
import { limitsFor, readFor } from './recovery.ts'
import type { Answer, Asked, Read, RecoveryLimits } from './recovery.ts'
import { SharedReads } from './shared-reads.ts'
import type { TopicStore } from './shared-reads.ts'
import { alive, now } from './subscription.ts'
import type { SubscribedTopic, Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'
import { Topic } from './topic.ts'
import type { Gathering } from './topic.ts'
import type { TopicRules } from './topic-rules.ts'

export interface SubscribingParts {
  readonly subscriptions: Subscriptions
  readonly rules: TopicRules
  readonly interests: Interests
  /** The history of a topic that keeps one. */
  readonly store: (topic: string) => TopicStore
  readonly frame: FrameMaker
  readonly continuity: Continuity
  readonly buffer: () => Buffer
  readonly limits: RecoveryLimits
  readonly events: Pick<Emitter<BroadcastEvents>, 'emit'>
  readonly hookFailed: HookFailed
  readonly delivery: () => Pick<Delivery, 'serve' | 'arrivals'>
  /** Told of a topic with its first subscription. */
  readonly begun: (topic: SubscribedTopic) => void
}

const MISSED = 'publications may have been missed'

/** Begins and ends subscriptions. It asks no policy. */
export class Subscribing {
  readonly counters = { recovered: 0, unrecovered: 0, positionsLost: 0 }
  readonly #parts: SubscribingParts

  constructor (parts: SubscribingParts) {
    this.#parts = parts
  }

  /**
   * Subscribes, or reads again for a subscription that stands. `answer` is called once and synchronously before the
   * first live publication.
   */
  async subscribe (connection: Connection, name: string, asked: Asked, answer: (data: Answer) => void): Promise<Answer> {
    const isNew = this.#parts.subscriptions.get(connection, name) === undefined
    // Before there is one: what is on its way through a pattern passes by whoever is on the topic.
    if (isNew) this.#parts.delivery().serve(connection)
    const subscription = this.#open(connection, name)
    if (isNew) subscription.counted = asked.counted === true
    const attempt = subscription.turn.then(() => this.#attempt(subscription, asked, answer))
    const turn = attempt.then(() => {}, () => {}).finally(() => {
      if (subscription.turn === turn) subscription.turn = now
    })
    subscription.turn = turn
    return attempt
  }

  /** Ends a subscription; with a reason the client is told. Answers whether it had not ended before. */
  end (subscription: Subscription, code: UnsubscribeCode, notice?: SharedFrame): boolean {
    const { subscriptions, interests, events, delivery } = this.#parts
    delivery().serve(subscription.connection)
    if (subscription.stage === 'ended') return false
    const { connection, topic, codec, told } = subscription
    if (subscriptions.close(subscription)) interests.drop(topic.name)
    if (notice !== undefined) connection.send(notice.of(codec))
    if (!told) return true
    topic.told--
    events.emit('unsubscribe', connection, topic.name, code)
    if (topic.told === 0) events.emit('vacated', topic.name)
    return true
  }

  /** The frame that tells clients that a subscription ended. */
  notice (topic: string, code: string, reason: string): SharedFrame {
    const envelope: Unsubscribed = { type: 'unsubscribed', topic, code, reason }
    return new SharedFrame((codec) => this.#parts.frame(codec, envelope))
  }

  /** Ends the receivers whose position is one to which live publications do not connect any more: from now on nothing reaches them. */
  lose (topic: SubscribedTopic, isLost: (known: Position) => boolean): void {
    const { subscriptions, delivery } = this.#parts
    const lost: Subscription[] = []
    for (const subscription of topic.receivers()) {
      // What waits for it may take it to where the node is.
      if (subscription.stage === 'behind') delivery().serve(subscription.connection)
      const known = subscription.stage === 'behind' ? subscription.position : topic.last
      if (known === undefined || !isLost(known)) continue
      subscriptions.place(subscription, 'lost')
      lost.push(subscription)
    }
    const notice = this.notice(topic.name, 'position-lost', MISSED)
    overTurns(lost, (subscription) => {
      // Or it has asked anew or left meanwhile.
      if (subscription.stage !== 'lost') return
      this.counters.positionsLost++
      this.end(subscription, 'position-lost', notice)
    })
  }

  /** The connection is gone. */
  forget (connection: Connection): void {
    for (const subscription of this.#parts.subscriptions.of(connection)) this.end(subscription, 'closed')
  }

  #open (connection: Connection, name: string): Subscription {
    const { rules, subscriptions, begun } = this.#parts
    const { codec } = connection
    if (codec === null) throw new ConnectionUnfitError('it is on a raw route')
    if (connection.state === 'closed') throw new ConnectionUnfitError('it is closed')
    const found = rules.subscribable(name)
    if (found === undefined) throw new TopicUnknownError(name)
    const { settings, isPattern } = found
    return subscriptions.open(connection, codec, name, () => {
      const topic = new Topic<Subscription>(name, settings, isPattern)
      begun(topic)
      return topic
    })
  }

  async #attempt (subscription: Subscription, asked: Asked, answer: (data: Answer) => void): Promise<Answer> {
    const { topic } = subscription
    this.#parts.delivery().serve(subscription.connection)
    alive(subscription)
    this.#parts.subscriptions.place(subscription, 'reading')
    subscription.former = asked.since?.connection
    subscription.home = (asked.delta === true ? topic.deltas?.roster : undefined) ?? topic.live
    const gathering = topic.gather(() => this.#gathering(topic))
    const failed = (error: unknown): never => {
      // Whoever was live and asked to read again has missed what came meanwhile.
      const notice = subscription.told ? this.notice(topic.name, 'position-lost', MISSED) : undefined
      this.end(subscription, 'position-lost', notice)
      throw error
    }
    return this.#read(subscription, asked, gathering, answer).catch(failed).finally(() => topic.scatter())
  }

  async #read (subscription: Subscription, asked: Asked, gathering: Gathering, answer: (data: Answer) => void): Promise<Answer> {
    const { topic } = subscription
    const { interests, limits } = this.#parts
    if (!topic.standing) await interests.hold(topic.name)
    topic.standing = true
    const read = await readFor(topic, asked, gathering, limitsFor(subscription.connection, limits))
    alive(subscription)
    return this.#settle(subscription, read, gathering, answer)
  }

  /** Answers and goes live in one synchronous step, so that no publication falls between the two. */
  #settle (subscription: Subscription, read: Read, gathering: Gathering, answer: (data: Answer) => void): Answer {
    const { topic } = subscription
    const { subscriptions, continuity, hookFailed, delivery } = this.#parts
    const { position } = read
    if (gathering.interrupted) throw new SubscriptionBusyError(topic.name)
    const newer = position === undefined ? [] : gathering.buffer.after(position)
    if (newer === undefined) throw new SubscriptionBusyError(topic.name)
    const data = answerFor(subscription, read, hookFailed)
    answer(data)
    // Writing the answer may have ended the connection.
    alive(subscription)
    subscription.position = position
    if (read.more) {
      subscriptions.place(subscription, 'paging')
      return data
    }
    sendNewer(subscription, newer, hookFailed)
    const reached = position === undefined || (topic.last !== undefined && continuity(topic.last, position) === 'seen')
    subscription.reached = delivery().arrivals
    subscriptions.place(subscription, reached ? 'live' : 'behind')
    this.#tell(subscription, read.recovered)
    return data
  }

  #tell (subscription: Subscription, recovered: boolean | undefined): void {
    const { connection, topic } = subscription
    const { events } = this.#parts
    if (recovered === true) this.counters.recovered++
    if (recovered === false) this.counters.unrecovered++
    if (subscription.told) return
    subscription.told = true
    topic.told++
    if (topic.told === 1) events.emit('occupied', topic.name)
    events.emit('subscribe', connection, topic.name)
  }

  #gathering (topic: SubscribedTopic): Gathering {
    return { buffer: this.#parts.buffer(), reads: new SharedReads(this.#parts.store(topic.name), topic.settings), interrupted: false }
  }
}
