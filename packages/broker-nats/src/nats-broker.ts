import { randomUUID } from 'node:crypto'
import { BrokerOptionError, BrokerUnavailableError, guardHistory, guardPresence, guardRecords } from '@fastify-realtime/broker'
import type {
  Broker, BrokerRecord, BrokerSink, Call, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore
} from '@fastify-realtime/broker'
import { NatsHistory } from './history.ts'
import { Interests } from './interests.ts'
import { isLost, JetStream } from './jetstream.ts'
import { resolveNatsOptions } from './nats-options.ts'
import type { NatsBrokerOptions, ResolvedNatsOptions } from './nats-options.ts'
import { NatsPresence } from './presence.ts'
import { Publisher } from './publisher.ts'
import { NatsRecords } from './records.ts'
import { Requests } from './requests.ts'
import { ServerClock } from './server-clock.ts'
import { Session } from './session.ts'
import { Streams } from './streams.ts'
import { Subjects } from './subjects.ts'
import { Trimmer } from './trimmer.ts'

/** The contract over JetStream, which orders and keeps, and NATS, which delivers. */
export class NatsBroker implements Broker {
  readonly name = 'nats'
  readonly patterns = true
  readonly history: HistoryStore
  readonly presence: PresenceStore
  readonly records: RecordStore
  readonly #options: ResolvedNatsOptions
  readonly #requests: Requests
  readonly #session: Session
  readonly #interests: Interests
  readonly #publisher: Publisher
  readonly #working = new Set<Promise<unknown>>()
  /** None before the start, one from then on. */
  readonly #sinks: BrokerSink[] = []
  #stopped = false

  constructor (options: ResolvedNatsOptions) {
    const { connection, clock, prefix, maxHistory, positionTtl, recordTtl } = options
    this.#options = options
    this.#requests = new Requests(options)
    const jetStream = new JetStream(this.#requests)
    const subjects = new Subjects(prefix)
    const streams = new Streams(jetStream, subjects, options)
    const serverClock = new ServerClock(clock)
    const { time } = serverClock
    const clockSubject = subjects.live('$clock', randomUUID(), false)
    this.#session = new Session({
      connection,
      clock,
      prepare: async () => {
        await streams.ensure()
        await serverClock.compare(jetStream, clockSubject)
      },
      lost: () => this.#requests.fail('the connection was lost'),
      state: (up) => this.#sinks.forEach((sink) => sink.state(up))
    })
    this.#interests = new Interests({
      connection,
      jetStream,
      subjects,
      streams,
      roundTrip: async () => {
        this.#assertUp()
        await this.#requests.roundTrip()
      },
      deliver: (record) => this.#sinks.forEach((sink) => sink.deliver(record)),
      missed: () => this.#session.interrupt()
    })
    this.#publisher = new Publisher({ jetStream, streams, subjects, time, maxHistory, positionTtl, trimmer: new Trimmer(jetStream) })
    const call: Call = (work) => this.#whenUp(work)
    this.history = guardHistory(new NatsHistory({ jetStream, streams, subjects, time, positionTtl }), call)
    this.presence = guardPresence(new NatsPresence({ jetStream, streams, subjects, time }), call)
    this.records = guardRecords(new NatsRecords({ jetStream, streams, subjects, time, recordTtl }), call)
  }

  get malformed (): number { return this.#interests.malformed }

  async start (sink: BrokerSink): Promise<void> {
    await this.#work(async () => {
      this.#requests.open()
      await this.#session.start()
    })
    this.#sinks.push(sink)
  }

  publish (record: BrokerRecord, options: PublishOptions = {}): Promise<PublishResult> {
    return this.#whenUp(() => this.#publisher.publish(record, options))
  }

  subscribe (channel: string, topic: string): Promise<void> {
    return this.#whenUp(() => this.#interests.subscribe(channel, topic))
  }

  unsubscribe (channel: string, topic: string): Promise<void> {
    return this.#work(() => this.#interests.unsubscribe(channel, topic))
  }

  async stop (): Promise<void> {
    this.#stopped = true
    const { clock, timeout } = this.#options
    const timer = clock.setTimeout(() => this.#requests.close(), timeout)
    await Promise.allSettled(this.#working)
    clock.clearTimeout(timer)
    this.#session.stop()
    this.#interests.clear()
    this.#requests.close()
  }

  #whenUp<T> (call: () => Promise<T>): Promise<T> {
    return this.#work(async () => {
      this.#assertUp()
      return call()
    })
  }

  #assertUp (): void {
    if (!this.#session.up) throw new Error('it is not connected')
  }

  /** Whatever goes wrong between us and NATS means the same to the caller: not now. */
  async #work<T> (call: () => Promise<T>): Promise<T> {
    if (this.#stopped) throw new BrokerUnavailableError(this.name, 'it has been stopped')
    const working = call().catch((cause: unknown) => {
      if (cause instanceof BrokerOptionError) throw cause
      if (isLost(cause)) this.#session.renew()
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
 * A broker over NATS with JetStream, 2.9 or later, for any number of nodes.
 * @throws FRT_ERR_BROKER_OPTION
 */
export function natsBroker (options: NatsBrokerOptions): Broker & Required<Pick<Broker, 'history' | 'presence' | 'records'>> {
  return new NatsBroker(resolveNatsOptions(options))
}
