import { randomBytes } from 'node:crypto'
import type { BrokerChannel, PublishOptions } from '@fastify-realtime/broker'
import { isId } from '@fastify-realtime/protocol'
import type { Clock, Emitter } from '@fastify-realtime/protocol'
import type { BroadcastEvents, Published, PublishDetails } from './contract.ts'
import type { CarriedResult, LocalDelivery } from './local-delivery.ts'
import { PublicationInvalidError, TopicInvalidError, TopicUnknownError } from './errors.ts'
import { isUsable } from './topic-rules.ts'
import type { TopicRules } from './topic-rules.ts'
import type { TopicSettings } from './topic-options.ts'
import { isEvent } from './wire-data.ts'
import { publishChannel } from './tracing.ts'
import type { PublishTrace } from './tracing.ts'

export interface PublisherParts {
  readonly rules: TopicRules
  readonly channel: Pick<BrokerChannel, 'publish'>
  /** In the channel's place, for topics that are delivered while the broker is away. */
  readonly local: Pick<LocalDelivery, 'publish'>
  readonly clock: Clock
  /** How long the same id publishes once, in milliseconds. */
  readonly idempotencyWindow: number
  readonly events: Pick<Emitter<BroadcastEvents>, 'emit'>
}

/** Hands publications to the broker, or what stands in for it, which alone decides who gets them and when. */
export class Publisher {
  count = 0
  readonly #parts: PublisherParts
  /** Makes ids unique among nodes; the counter does it within this one. */
  readonly #node: string = randomBytes(6).toString('base64url')
  #sequence = 0

  constructor (parts: PublisherParts) {
    this.#parts = parts
  }

  async publish (topic: string, event: string, data: unknown, details: PublishDetails): Promise<Published> {
    const settings = this.#check(topic, event, details)
    const payload = encode(data)
    const id = details.id ?? `${this.#node}-${(this.#sequence++).toString(36)}`
    if (!publishChannel.hasSubscribers) return this.#publish(topic, event, id, payload, settings, details)
    const trace: PublishTrace = { topic, event, id }
    return publishChannel.tracePromise(() => this.#publish(topic, event, id, payload, settings, details, trace.trace), trace)
  }

  async #publish (
    topic: string, event: string, id: string, payload: string, settings: TopicSettings, details: PublishDetails, trace?: string
  ): Promise<Published> {
    const { channel, local, clock, idempotencyWindow, events } = this.#parts
    const { version } = details
    const except = typeof details.except === 'object' ? details.except.id : details.except
    const options: PublishOptions = {
      ...(settings.keep !== undefined && { history: settings.keep }),
      // An id of our own never comes twice, so it costs the broker no memory.
      ...(details.id !== undefined && { dedupe: idempotencyWindow })
    }
    // Which version is the newest only the broker knows.
    const carrier = settings.whenBrokerIsDown === 'deliver-locally' && version === undefined ? local : channel
    const { position, duplicate, local: isLocal }: CarriedResult = await carrier.publish({
      topic,
      event,
      id,
      time: clock.time(),
      payload,
      ...(except !== undefined && { except }),
      ...(version !== undefined && { version }),
      ...(trace !== undefined && { trace })
    }, options)
    const result: Published = {
      id,
      duplicate,
      ...(settings.history && position !== undefined && { position }),
      ...(isLocal !== undefined && { local: isLocal })
    }
    if (duplicate) return result
    this.count++
    events.emit('publish', topic, event, result)
    return result
  }

  #check (topic: string, event: string, { id, version }: PublishDetails): TopicSettings {
    if (!isUsable(topic)) throw new TopicInvalidError(shown(topic))
    if (!isEvent(event)) throw new PublicationInvalidError('event', 'a string of 1 to 128 bytes')
    if (id !== undefined && !isId(id)) throw new PublicationInvalidError('id', 'a string of 1 to 64 bytes')
    if (version !== undefined && !Number.isSafeInteger(version)) throw new PublicationInvalidError('version', 'a whole number')
    const settings = this.#parts.rules.of(topic)
    if (settings === undefined) throw new TopicUnknownError(topic)
    return settings
  }
}

/** The one place where published data becomes text. */
function encode (data: unknown): string {
  try {
    return JSON.stringify(data) ?? 'null'
  } catch (cause) {
    throw new PublicationInvalidError('data', 'something that JSON can express', { cause })
  }
}

/** What came in place of a topic, short enough for an error. */
export function shown (topic: unknown): string {
  return typeof topic === 'string' ? JSON.stringify(topic.slice(0, 64)) : typeof topic
}
