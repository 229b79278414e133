import { Emitter } from '@fastify-realtime/protocol'
import type { Position } from '@fastify-realtime/protocol'
import type { Presence } from './presence.ts'
import type { HistoryOptions, HistoryPage, Publication, Published } from './publication.ts'
import { RealtimeError } from './errors.ts'
import type { PublishOptions } from './publishing.ts'
import type { AnyEvents } from './routes.ts'
import { settled } from './settled.ts'
import { stream } from './stream.ts'
import type { Ended } from './stream.ts'
import type { SubscribeOptions, SubscriptionEvents, SubscriptionHost } from './subscription-events.ts'
import type { TopicListener } from './topic.ts'
import type { Follower, Joined } from './topics.ts'

/** An interest in a topic, which outlives connections. */
export class Subscription<Events = AnyEvents> implements AsyncIterable<Publication<Events>>, Follower {
  readonly #host: SubscriptionHost<Events>
  readonly #events: Emitter<SubscriptionEvents<Events>>
  readonly #maxWaiting: number
  #joined: Joined | undefined
  #ended: Ended | undefined

  /** Made by `client.subscribe()`. */
  constructor (host: SubscriptionHost<Events>, onError: (error: unknown) => void, options: SubscribeOptions<Events>) {
    const { maxWaiting = 1_000, onPublication, onLive, onRecovered, onEnd } = options
    this.#host = host
    this.#maxWaiting = maxWaiting
    this.#events = new Emitter(onError)
    this.on('end', (error) => { this.#ended = { error } })
    if (onPublication !== undefined) this.on('publication', onPublication)
    if (onLive !== undefined) this.on('live', onLive)
    if (onRecovered !== undefined) this.on('recovered', onRecovered)
    if (onEnd !== undefined) this.on('end', onEnd)
  }

  /** @internal Joins a topic, and leaves the one before. */
  follow (join?: (listener: TopicListener) => Joined): void {
    this.#joined?.leave()
    this.#joined = join?.(this.#events as unknown as TopicListener)
  }

  /** Empty for `client.user` until the first welcome. */
  get topic (): string { return this.#joined?.topic.name ?? '' }
  /** The newest position that was told; store it to go on from there with `since`. */
  get position (): Position | undefined { return this.#joined?.topic.position }
  /** Whether publications come right now. */
  get live (): boolean { return this.#joined?.topic.isLive === true && this.#ended === undefined }

  /** Adds a listener and answers the function that takes it away again. */
  on<Name extends keyof SubscriptionEvents<Events>> (event: Name, listener: SubscriptionEvents<Events>[Name]): () => void {
    return this.#events.on(event, listener)
  }

  /** Listens to the publications of one event name. */
  onEvent<Event extends keyof Events & string> (
    event: Event, listener: (data: Events[Event], publication: Extract<Publication<Events>, { readonly event: Event }>) => void
  ): () => void {
    return this.on('publication', (publication) => {
      if (publication.event === event) listener(publication.data as Events[Event], publication as Extract<Publication<Events>, { readonly event: Event }>)
    })
  }

  /** Settles when it is live. Rejects when it has ended or ends first. */
  ready (): Promise<void> {
    return settled((again) => [this.on('live', again), this.on('end', again)], () => {
      if (this.#ended !== undefined) return Promise.reject(this.#ended.error ?? new RealtimeError('closed', 'Closed: done'))
      return this.live ? Promise.resolve() : undefined
    })
  }

  publish<Event extends keyof Events & string> (event: Event, data: Events[Event], options?: PublishOptions): Promise<Published> {
    return this.#host.publish(this.topic, event, data, options)
  }

  history (options?: HistoryOptions): Promise<HistoryPage<Events>> {
    return this.#host.history(this.topic, options)
  }

  /** Who is here. */
  presence (): Presence {
    return this.#host.presence(this.topic)
  }

  unsubscribe (): void {
    this.end()
  }

  /** Every publication from now on. Leaving the loop leaves the subscription as it is. */
  [Symbol.asyncIterator] (): AsyncGenerator<Publication<Events>, void, undefined> {
    return stream<Publication<Events>>(this, this.#maxWaiting, this.#ended)
  }

  /** @internal */
  end (error?: RealtimeError): void {
    if (this.#ended !== undefined) return
    this.#joined?.leave()
    this.#events.emit('end', error)
  }
}
