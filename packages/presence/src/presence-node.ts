import { isTopic } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import type { BrokerRecord, PresenceStore, SharedBroker } from '@fastify-realtime/broker'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import { announce } from './announce.ts'
import { decodeChange } from './change.ts'
import { PresenceAnonymousError, PresenceTopicError } from './errors.ts'
import { lateStore } from './late-store.ts'
import type { ResolvedPresenceOptions } from './options.ts'
import { OwnMembers } from './own-members.ts'
import type { Presence, PresenceGauges, TopicMembers } from './presence.ts'
import { Watches } from './watches.ts'
import { Watchtower } from './watchtower.ts'

export const NAME = '@fastify-realtime/presence'

export interface PresenceLog {
  warn (object: object, message: string): void
}

/** This node's part of presence: where its connections are, and what they watch. */
export class PresenceNode implements Presence {
  readonly #pool: Pick<ConnectionPool, 'frame'>
  readonly #options: ResolvedPresenceOptions
  readonly #log: PresenceLog
  readonly #store: PresenceStore
  readonly #members: OwnMembers
  readonly #watches: Watches
  readonly #watchtower: Watchtower

  constructor (pool: Pick<ConnectionPool, 'frame'>, broker: SharedBroker, options: ResolvedPresenceOptions, log: PresenceLog) {
    this.#pool = pool
    this.#options = options
    this.#log = log
    const { clock, grace, window, lease, maxMembers } = options
    const store = this.#store = lateStore(broker, NAME)
    const channel = broker.open('presence', (record) => this.#deliver(record))
    const failed = (err: unknown): void => log.warn({ err }, 'the broker failed presence; it is tried again')
    this.#watches = new Watches({
      store,
      channel,
      clock,
      window,
      maxMembers,
      failed,
      announce: (update, watchers) => announce(pool, update, watchers)
    })
    this.#watchtower = new Watchtower(this.#watches, options.maxWatched)
    const round = (): Promise<void> => this.#watches.check()
    this.#members = new OwnMembers({ store, channel, broker, clock, grace, lease, failed, round })
  }

  get gauges (): PresenceGauges {
    return {
      connections: this.#members.connections,
      pending: this.#members.pending,
      watchedTopics: this.#watches.size,
      watchers: this.#watchtower.connections
    }
  }

  async start (): Promise<void> {
    await this.#members.start()
  }

  async stop (): Promise<void> {
    this.#watches.stop()
    await this.#members.stop()
  }

  /** The broker was away: changes may have been lost. */
  async resume (): Promise<void> {
    this.#watches.doubtAll()
    await this.#members.resume()
  }

  async join (connection: Connection, topic: string, info?: unknown): Promise<void> {
    assertTopic(topic)
    const { principal } = connection
    if (principal === null) throw new PresenceAnonymousError()
    if (!isOpen(connection)) return
    const stored = this.#members.join(connection, principal.id, topic, info ?? this.#info(connection, principal, topic))
    await stored()
  }

  async leave (connection: Connection, topic: string): Promise<void> {
    await this.#members.leave(connection, topic)
  }

  async members (topic: string): Promise<TopicMembers> {
    assertTopic(topic)
    const { maxMembers } = this.#options
    const { members, count, version } = await this.#store.list(topic, maxMembers)
    if (count > maxMembers) return { topic, version, count }
    return { topic, version, count, members: members.map(({ principal, info }) => ({ principal, ...info !== undefined && { info } })) }
  }

  async watch (connection: Connection, topic: string): Promise<void> {
    await this.watchWith(connection, topic, (members) => {
      announce(this.#pool, { type: 'presence', ...members }, [connection])
    })
  }

  /** Like `watch`, with the whole list going to `tell`. */
  async watchWith (connection: Connection, topic: string, tell: (members: TopicMembers) => void): Promise<void> {
    assertTopic(topic)
    if (isOpen(connection)) await this.#watchtower.watch(connection, topic, tell)
  }

  unwatch (connection: Connection, topic: string, told?: string): void {
    const watched = this.#watchtower.unwatch(connection, topic)
    if (watched && told !== undefined) announce(this.#pool, { type: 'presence', topic, version: 0, ended: told }, [connection])
  }

  /** A subscriber of a topic whose subscribers are present. */
  enter (connection: Connection, topic: string): void {
    const { principal } = connection
    if (principal === null || !isOpen(connection)) return
    this.#members.join(connection, principal.id, topic, this.#info(connection, principal, topic))
  }

  /** It subscribes no longer; `soon` leaves it the grace to come back. */
  depart (connection: Connection, topic: string, soon: boolean): void {
    this.#members.depart(connection, topic, soon)
  }

  close (connection: Connection): void {
    this.#members.close(connection)
    this.#watchtower.close(connection)
  }

  #info (connection: Connection, principal: Principal, topic: string): unknown {
    try {
      return this.#options.info?.({ principal, topic, connection })
    } catch (err) {
      this.#log.warn({ err }, 'the option info of presence failed')
      return undefined
    }
  }

  #deliver (record: BrokerRecord): void {
    const change = decodeChange(record.payload)
    if (change !== undefined) this.#watches.deliver(record.topic, change)
  }
}

function assertTopic (topic: unknown): void {
  if (!isTopic(topic)) throw new PresenceTopicError()
}

function isOpen ({ state }: Connection): boolean {
  return state === 'open' || state === 'draining'
}
