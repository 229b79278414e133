import { randomUUID } from 'node:crypto'
import type { Buffer } from 'node:buffer'
import { BrokerUnavailableError } from '@fastify-realtime/broker'
import type {
  Broker, BrokerRecord, BrokerSink, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from '@fastify-realtime/broker'
import { Acknowledged } from './acknowledged.ts'
import { publishScript, verifyScript } from './history-scripts.ts'
import type { Position } from '@fastify-realtime/protocol'
import { Keys } from './keys.ts'
import { linkMaker } from './make-link.ts'
import { Probe } from './probe.ts'
import { encodeRecord, readPosition } from './record-frame.ts'
import { resolveRedisOptions } from './redis-options.ts'
import type { RedisBrokerOptions } from './redis-options.ts'
import { redisHistory, redisPresence, redisRecords } from './redis-stores.ts'
import type { Command, Script } from './script.ts'
import { Session } from './session.ts'
import { Subscriptions } from './subscriptions.ts'

/** How many topics a node watches over for what Redis may forget. */
const MAX_TOPICS = 10_000

/** The contract over Redis: one connection for commands and one that subscribes. */
export class RedisBroker implements Broker {
  readonly name = 'redis'
  /** Redis has none on sharded channels. */
  readonly patterns: boolean
  readonly history: HistoryStore
  readonly presence: PresenceStore
  readonly records: RecordStore
  readonly #options: Readonly<Required<RedisBrokerOptions>>
  readonly #keys: Keys
  readonly #session: Session
  readonly #subscriptions: Subscriptions
  readonly #probe: Probe
  readonly #acknowledged = new Acknowledged(MAX_TOPICS)
  readonly #working = new Set<Promise<unknown>>()
  /** None before the start, one from then on. */
  readonly #sinks: BrokerSink[] = []

  constructor (options: RedisBrokerOptions) {
    this.#options = resolveRedisOptions(options)
    const { prefix, sharded, client } = this.#options
    this.patterns = !sharded
    this.#keys = new Keys(prefix, sharded)
    this.#subscriptions = new Subscriptions(this.#keys, (record) => {
      this.#note(record.channel, record.topic, record.position)
      this.#sinks.forEach((sink) => sink.deliver(record))
    })
    const probeChannel = this.#keys.probe(randomUUID())
    this.#session = new Session({
      make: linkMaker(client, sharded),
      connectTimeout: this.#options.connectTimeout,
      clock: this.#options.clock,
      restore: async (link) => {
        await this.#subscriptions.restore(link)
        // A probe from before this connection cannot come over it.
        this.#probe.heard()
      },
      verify: (command) => this.#verify(command),
      probeChannel,
      message: (channel, payload, pattern) => {
        if (channel === probeChannel) this.#probe.heard()
        else this.#subscriptions.message(channel, payload, pattern)
      },
      state: (up) => this.#sinks.forEach((sink) => sink.state(up))
    })
    this.#probe = new Probe(this.#session, probeChannel, this.#options)
    const run = (script: Script, keys: readonly string[], args: ReadonlyArray<string | Buffer>): Promise<unknown> => this.#run(script, keys, args)
    this.history = redisHistory(run, this.#keys, { generation: () => this.#session.generation, positionTtl: this.#options.positionTtl })
    this.presence = redisPresence(run, this.#keys)
    this.records = redisRecords(run, this.#keys)
  }

  get malformed (): number { return this.#subscriptions.malformed }

  async start (sink: BrokerSink): Promise<void> {
    await this.#work(() => this.#session.start())
    this.#sinks.push(sink)
    this.#probe.start()
  }

  async publish (record: BrokerRecord, { history, dedupe }: PublishOptions = {}): Promise<PublishResult> {
    const { channel, topic, id, version } = record
    const keys = [...this.#keys.history(channel, topic), this.#keys.id(channel, topic, id)]
    const [duplicate, position] = await this.#run(publishScript, keys, [
      this.#keys.channel(channel, topic), encodeRecord(record), String(history?.size ?? ''), String(history?.ttl ?? ''),
      String(dedupe ?? ''), String(version ?? ''), this.#session.generation, randomUUID(), String(this.#options.positionTtl),
      this.#options.sharded ? 'SPUBLISH' : 'PUBLISH'
    ]) as [number, Buffer]
    const at = readPosition(position.toString())
    this.#note(channel, topic, at)
    return { duplicate: duplicate === 1, ...at !== undefined && { position: at } }
  }

  subscribe (channel: string, topic: string): Promise<void> {
    return this.#work(() => this.#subscriptions.subscribe(this.#session.subscriber, channel, topic))
  }

  unsubscribe (channel: string, topic: string): Promise<void> {
    return this.#work(() => this.#subscriptions.unsubscribe(this.#session.subscriber, channel, topic))
  }

  async stop (): Promise<void> {
    this.#probe.stop()
    const { clock, connectTimeout } = this.#options
    const timer = clock.setTimeout(() => this.#session.abort(), connectTimeout)
    await Promise.allSettled(this.#working)
    await this.#session.stop()
    clock.clearTimeout(timer)
  }

  #note (channel: string, topic: string, position: Position | undefined): void {
    if (position !== undefined) this.#acknowledged.note(channel, topic, position)
  }

  async #verify (command: Command): Promise<void> {
    await Promise.all(this.#acknowledged.all().map(({ channel, topic, position }) =>
      verifyScript.run(command, this.#keys.history(channel, topic), [
        this.#session.generation, randomUUID(), String(this.#options.positionTtl), position.epoch, String(position.offset)
      ])))
  }

  #run (script: Script, keys: readonly string[], args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    return this.#work(() => script.run(this.#session.command, keys, args))
  }

  /** Whatever goes wrong between us and Redis means the same to the caller: not now. */
  async #work<T> (call: () => Promise<T>): Promise<T> {
    const working = call().catch((cause: unknown) => {
      throw new BrokerUnavailableError(this.name, (cause as Error).message, { cause })
    })
    this.#working.add(working)
    try {
      return await working
    } finally {
      this.#working.delete(working)
    }
  }
}

/**
 * A broker over Redis 6.2 or later, or Valkey, for any number of nodes.
 * @throws FRT_ERR_BROKER_OPTION
 */
export function redisBroker (options: RedisBrokerOptions): Broker & Required<Pick<Broker, 'history' | 'presence' | 'records'>> {
  return new RedisBroker(options)
}
