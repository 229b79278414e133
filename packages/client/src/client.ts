import { Emitter } from '@fastify-realtime/protocol'
import type { ServerEnvelope, Welcome } from '@fastify-realtime/protocol'
import type { ClientEvents } from './client-events.ts'
import { RealtimeError } from './errors.ts'
import { Lifecycle } from './lifecycle.ts'
import type { ClientState, ConnectionLost } from './lifecycle.ts'
import { resolveOptions } from './options.ts'
import type { ClientOptions, ResolvedOptions } from './options.ts'
import { Presence } from './presence.ts'
import type { HistoryOptions, HistoryPage, Published } from './publication.ts'
import { randomId } from './publishing.ts'
import type { PublishOptions } from './publishing.ts'
import { Requests } from './requests.ts'
import type { SendOptions } from './requests.ts'
import { Responder } from './responder.ts'
import type { RequestHandler } from './responder.ts'
import type { AnyEvents, AnyRoutes, CallArguments, DataOf, OptionsOf, ReplyOf, RouteMap, TypeOf } from './routes.ts'
import { settled } from './settled.ts'
import { StandingRequest } from './standing-request.ts'
import { Subscription } from './subscription.ts'
import type { SubscribeOptions, SubscriptionEvents } from './subscription-events.ts'
import { Topics } from './topics.ts'

/** One standing connection to a server, with all that goes over it. */
export class RealtimeClient<Routes extends RouteMap<Routes> = AnyRoutes, Events = AnyEvents> {
  /** The direct messages to the principal of this connection. */
  readonly user: Subscription<Events>
  readonly #options: ResolvedOptions
  readonly #events: Emitter<ClientEvents>
  readonly #lifecycle: Lifecycle
  readonly #requests: Requests
  readonly #responder: Responder
  readonly #topics: Topics
  /** One for each topic, because the server tells a connection once. */
  readonly #presences = new Map<string, Presence>()
  #welcome: Welcome | undefined

  /**
   * Starts connecting.
   * @throws {TypeError} when an option is wrong or the platform has no WebSocket
   */
  constructor (url: string, options: ClientOptions = {}) {
    const resolved = this.#options = resolveOptions(url, options)
    this.#events = new Emitter(this.#report)
    this.#responder = new Responder(this.#report)
    this.#topics = new Topics(() => this.#request())
    this.user = this.#topics.user = new Subscription<Events>(this, this.#report, {})
    this.#lifecycle = new Lifecycle(resolved, {
      connecting: () => this.#events.emit('state', 'connecting'),
      open: (welcome) => this.#open(welcome),
      take: (envelope) => this.#take(envelope as ServerEnvelope),
      lost: (lost) => this.#lost(lost),
      report: this.#report
    })
    this.#requests = new Requests(resolved, this.#lifecycle)
  }

  get state (): ClientState { return this.#lifecycle.state }
  /** What the server said when the present or last connection opened. */
  get welcome (): Welcome | undefined { return this.#welcome }

  /** Adds a listener and answers the function that takes it away again. Listeners are synchronous. */
  on<Name extends keyof ClientEvents> (event: Name, listener: ClientEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  /** Settles when it is connected. Rejects when the client is closed for good, by you or by the server. */
  ready (): Promise<Welcome> {
    return settled((again) => [this.on('state', again)], () => {
      if (this.state === 'open') return Promise.resolve(this.#welcome as Welcome)
      return this.state === 'closed' ? Promise.reject(this.#requests.closed as RealtimeError) : undefined
    })
  }

  /** Sends a message and waits for the reply. Rejects with a `RealtimeError` when it fails. */
  request<Type extends TypeOf<Routes>> (
    type: Type, ...[data, options]: CallArguments<DataOf<Routes, Type>, OptionsOf<Routes, Type>>
  ): Promise<ReplyOf<Routes, Type>> {
    return this.#requests.request(type, data, options) as Promise<ReplyOf<Routes, Type>>
  }

  /** Sends a message that needs no reply. Answers whether it was sent or waits for a connection. */
  send<Type extends TypeOf<Routes>> (type: Type, ...[data, options]: CallArguments<DataOf<Routes, Type>, SendOptions>): boolean {
    return this.#requests.send(type, data, options)
  }

  /** Answers the server's requests of this name. Answers the undo function. */
  onRequest (name: string, handler: RequestHandler): () => void {
    return this.#responder.on(name, handler)
  }

  /** Subscribes now and after every reconnect, until `unsubscribe()`. A topic may be subscribed to more than once. */
  subscribe (topic: string, options: SubscribeOptions<Events> | SubscriptionEvents<Events>['publication'] = {}): Subscription<Events> {
    const given = typeof options === 'function' ? { onPublication: options } : options
    const subscription = new Subscription<Events>(this, this.#report, given)
    subscription.follow((listener) => this.#topics.join(topic, given, listener))
    return subscription
  }

  /** Publishes, if the server lets clients publish to the topic. It is sent again when the connection ends meanwhile. */
  publish<Event extends keyof Events & string> (
    topic: string, event: Event, data: Events[Event], { id = randomId(), ...options }: PublishOptions = {}
  ): Promise<Published> {
    return this.#requests.request('publish', { topic, event, data, id }, { ...options, resend: true }) as Promise<Published>
  }

  /** Reads a page of a topic's history. For the page before it, give `before: page.publications[0].position`. */
  history (topic: string, options: HistoryOptions = {}): Promise<HistoryPage<Events>> {
    return this.#requests.request('history', { topic, ...options }, { resend: true }) as Promise<HistoryPage<Events>>
  }

  /** Who is in a topic, from now on and until `stop()`. There is one for each topic, however often it is asked for. */
  presence (topic: string): Presence {
    const known = this.#presences.get(topic)
    if (known !== undefined) return known
    const presence = new Presence(topic, this.#request(), this.#report, () => this.#presences.delete(topic))
    this.#presences.set(topic, presence)
    if (this.state === 'closed') presence.end(this.#requests.closed)
    else if (this.state === 'open') presence.open()
    return presence
  }

  /** Ends everything for good. Settles when the socket is closed, after 2 seconds at most. */
  close (code: number = 1000, reason: string = 'done'): Promise<void> {
    return this.#lifecycle.close(code, reason)
  }

  readonly #report = (error: unknown, event?: unknown): void => {
    // A listener for errors that throws one itself is not asked again.
    if (event === 'error' || this.#events.listenerCount('error') === 0) console.error(error)
    else this.#events.emit('error', error)
  }

  #request (): StandingRequest {
    return new StandingRequest(this.#requests, this.#options)
  }

  #open (welcome: Welcome): void {
    this.#welcome = welcome
    this.#topics.open(welcome)
    for (const presence of this.#presences.values()) presence.open()
    this.#requests.open()
    this.#events.emit('open', welcome)
    this.#events.emit('state', 'open')
  }

  #lost (lost: ConnectionLost): void {
    this.#topics.pause()
    for (const presence of this.#presences.values()) presence.pause()
    this.#requests.pause()
    if (lost.retryIn === undefined) {
      const error = new RealtimeError('closed', `Closed: ${lost.reason}`, { details: lost })
      const told = lost.wanted ? undefined : error
      this.#requests.end(error)
      this.#topics.end(error, told)
      this.user.end(told)
      for (const presence of this.#presences.values()) presence.end(told)
    }
    this.#events.emit('close', lost)
    this.#events.emit('state', this.state)
  }

  #take (envelope: ServerEnvelope): void {
    switch (envelope.type) {
      case 'publication': return this.#topics.publication(envelope)
      case 'reply': return this.#requests.reply(envelope)
      case 'failure':
        if (envelope.id === undefined) this.#events.emit('failure', envelope)
        return this.#requests.reply(envelope)
      case 'presence': return this.#presences.get(envelope.topic)?.update(envelope)
      case 'unsubscribed': return this.#topics.unsubscribed(envelope)
      case 'request': return void this.#responder.answer(envelope, this.#options.codec, this.#lifecycle)
      case 'expiring': return void this.#refresh()
    }
  }

  /** If this fails the server ends the connection with 4004 in time, and the next attempt asks for a token, too. */
  async #refresh (): Promise<void> {
    try {
      const token = await this.#options.token({ refresh: true })
      if (typeof token === 'string') await this.#requests.request('auth.refresh', { token }, { queue: false })
    } catch (error) {
      this.#report(error)
    }
  }
}
