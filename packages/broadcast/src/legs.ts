import type { Frame, Overflow } from '@fastify-realtime/connection-pool'
import type { Codec } from '@fastify-realtime/protocol'
import type { Continuity } from './continuity.ts'
import { frameFor, hook, overflowOf } from './hooks.ts'
import type { HookedOutgoing, HookFailed } from './hooks.ts'
import { topicOverflow } from './overflow.ts'
import type { Leg } from './passage.ts'
import type { Outgoing } from './publication.ts'
import type { Subscribing } from './subscribing.ts'
import type { SubscribedTopic, Subscription } from './subscription.ts'
import type { DeltaReaders } from './topic.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TopicSettings } from './topic-options.ts'
import { isExcepted } from './viewer.ts'

export interface LegsParts {
  readonly subscriptions: Subscriptions
  readonly subscribing: Pick<Subscribing, 'lose'>
  readonly hookFailed: HookFailed
  readonly continuity: Continuity
}

/** Frames handed to connections, since the start. */
export interface Tally {
  delivered: number
  dropped: number
}

/** What arrived, and is new to this node. */
export interface Judged {
  /** Which arrival it is. */
  readonly number: number
  readonly outgoing: Outgoing
  readonly settings: TopicSettings
}

interface Passing extends Pick<Judged, 'number' | 'outgoing'> {
  readonly hooked: HookedOutgoing | undefined
}

/** Says who gets what of an arrival. */
export class Legs {
  readonly #parts: LegsParts
  readonly #tally: Tally

  constructor (parts: LegsParts, tally: Tally) {
    this.#parts = parts
    this.#tally = tally
  }

  /** The rosters that an arrival goes through. */
  of ({ number, outgoing, settings }: Judged, topic: SubscribedTopic | undefined, pattern: SubscribedTopic | undefined): Leg[] {
    const { hookFailed } = this.#parts
    try {
      const passing = { number, outgoing, hooked: hook(outgoing, settings, hookFailed) }
      const legs = topic === undefined ? [] : this.#ofTopic(topic, passing)
      if (pattern !== undefined) legs.push(this.#ofPattern(pattern, passing))
      return legs
    } catch (error) {
      // Its payload is no JSON. The broker cannot be told any more.
      hookFailed(error, outgoing.record.topic)
      return []
    }
  }

  #ofTopic (topic: SubscribedTopic, passing: Passing): Leg[] {
    const { outgoing, hooked } = passing
    const overflow = topic.overflow ?? overflowOf(outgoing, topic.settings, this.#parts.hookFailed)
    const visit = hooked === undefined
      ? this.#giveAll(passing, overflow)
      : this.#give(passing, overflow, (reader) => frameFor(reader, outgoing, hooked))
    const legs: Leg[] = [{ topic, roster: topic.live, visit }]
    const { deltas } = topic
    if (deltas !== undefined && deltas.roster.size > 0) legs.push(this.#ofDeltas(topic, deltas, passing, overflow))
    else deltas?.chain.reset()
    if (topic.behind.size > 0) legs.push(this.#ofBehind(topic, passing, overflow))
    return legs
  }

  #ofDeltas (topic: SubscribedTopic, { chain, roster }: DeltaReaders<Subscription>, passing: Passing, overflow: Overflow | undefined): Leg {
    const { outgoing: full } = passing
    const { record } = full
    const delta = chain.next(record.id, record.payload)
    const patch = delta === undefined ? undefined : full.withDelta(delta)
    const { sequence } = chain
    const visit = this.#give(passing, overflow, (reader) => {
      if (isExcepted(reader, record)) return undefined
      const outgoing = patch !== undefined && reader.basis === sequence - 1 ? patch : full
      reader.basis = sequence
      return outgoing.frame(reader.codec)
    })
    return { topic, roster, visit }
  }

  /** Whoever was answered ahead of the node gets what is new to it, and is live from the moment the node is as far. */
  #ofBehind (topic: SubscribedTopic, passing: Passing, overflow: Overflow | undefined): Leg {
    const { outgoing, hooked } = passing
    const { position } = outgoing.record
    const { continuity, subscriptions, subscribing } = this.#parts
    const roster = topic.behind
    if (position === undefined) return { topic, roster, visit: this.#give(passing, overflow, (reader) => frameFor(reader, outgoing, hooked)) }
    let lost = false
    const visit = this.#give(passing, overflow, (reader) => {
      const step = continuity(reader.position, position)
      if (step === 'lost' && topic.settings.history) {
        lost = true
        return undefined
      }
      if (step !== 'seen' || reader.position?.offset === position.offset) subscriptions.place(reader, 'live')
      return step === 'seen' ? undefined : frameFor(reader, outgoing, hooked)
    })
    const after = (): void => {
      if (lost) subscribing.lose(topic, (known) => known.epoch !== position.epoch)
    }
    return { topic, roster, visit, after }
  }

  /** Subscribers of a pattern have no position; whoever is also subscribed to the topic itself gets it there. */
  #ofPattern (pattern: SubscribedTopic, passing: Passing): Leg {
    const { outgoing, hooked } = passing
    const { subscriptions, hookFailed } = this.#parts
    const { topic } = outgoing.record
    const overflow = topicOverflow(pattern.settings, topic) ?? overflowOf(outgoing, pattern.settings, hookFailed)
    const visit = this.#give(passing, overflow, (reader) => subscriptions.get(reader.connection, topic) !== undefined
      ? undefined
      : frameFor(reader, outgoing, hooked))
    return { topic: pattern, roster: pattern.live, visit }
  }

  /** The body of the hot loop: one frame per codec, and nothing made per subscriber. */
  #giveAll ({ number, outgoing }: Passing, overflow: Overflow | undefined): Leg['visit'] {
    const tally = this.#tally
    const { record } = outgoing
    let codec: Codec | undefined
    let frame: Frame | undefined
    return (reader) => {
      if (reader.reached >= number) return
      reader.reached = number
      if (record.except !== undefined && isExcepted(reader, record)) return
      if (frame === undefined || reader.codec !== codec) {
        codec = reader.codec
        frame = outgoing.frame(codec)
      }
      if (reader.connection.send(frame, overflow) === 'dropped') tally.dropped++
      else tally.delivered++
    }
  }

  /** The same where subscribers get different frames: `pick` answers each one's, or `undefined` for none. */
  #give ({ number }: Passing, overflow: Overflow | undefined, pick: (reader: Subscription) => Frame | undefined): Leg['visit'] {
    const tally = this.#tally
    return (reader) => {
      if (reader.reached >= number) return
      reader.reached = number
      const frame = pick(reader)
      if (frame === undefined) return
      if (reader.connection.send(frame, overflow) === 'dropped') tally.dropped++
      else tally.delivered++
    }
  }
}
