import { memoryBroker } from '@fastify-realtime/broker'
import type { Broker, BrokerChannel, SharedBroker } from '@fastify-realtime/broker'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { assemble, guards } from '../../src/assembly.ts'
import type { Assembly, Guards } from '../../src/assembly.ts'
import { TopicBroadcast } from '../../src/broadcast.ts'
import { resolveOptions } from '../../src/options.ts'
import type { BroadcastOptions } from '../../src/options.ts'
import type { Answer, Asked } from '../../src/recovery.ts'
import { FakeConnection, frame } from './fake-connection.ts'

export interface Stage {
  readonly parts: Assembly
  readonly broadcast: TopicBroadcast
  readonly broker: Broker & Required<Pick<Broker, 'history'>>
  readonly channel: BrokerChannel
  readonly clock: FakeClock
  /** What was logged. */
  readonly logged: object[]
  /** Whether the broker says that it is up. */
  up: boolean
  /** Subscribes and answers what the client would be answered. */
  readonly join: (connection: FakeConnection, topic: string, asked?: Asked) => Promise<Answer>
  /** Everything that was published is delivered. */
  readonly settled: () => Promise<void>
}

/** The broadcast over the memory broker, without Fastify and without sockets. */
export async function stage (
  options: BroadcastOptions = {}, change: (channel: BrokerChannel) => Partial<BrokerChannel> = () => ({}), kept: Partial<Guards> = {}
): Promise<Stage> {
  const clock = fakeClock()
  const broker = memoryBroker({ clock }) as Stage['broker']
  const plain: BrokerChannel = {
    publish: (record, publishOptions) => broker.publish({ ...record, channel: 'topics' }, publishOptions),
    subscribe: (topic) => broker.subscribe('topics', topic),
    unsubscribe: (topic) => broker.unsubscribe('topics', topic)
  }
  const channel = { ...plain, ...change(plain) }
  const logged: object[] = []
  const log = (object: object): void => { logged.push(object) }
  const parts = assemble({
    options: resolveOptions(options),
    pool: { frame },
    channel,
    broker: { get up () { return made.up }, require: (() => broker.history) as SharedBroker['require'] },
    clock,
    log: { warn: log, error: log }
  }, { ...guards, ...kept })
  await broker.start({ deliver: (record) => parts.delivery.deliver(record), state: () => {} })
  const made: Stage = {
    parts,
    broadcast: new TopicBroadcast(parts),
    broker,
    channel,
    clock,
    logged,
    up: true,
    join: (connection, topic, asked = {}) => parts.subscribing.subscribe(connection.self, topic, asked, () => {}),
    settled: () => new Promise((resolve) => { setImmediate(resolve) })
  }
  return made
}

export function connection (principal?: string): FakeConnection {
  return new FakeConnection(principal)
}

/** Publishes without the node getting it. */
export async function lose ({ broker, parts }: Stage): Promise<void> {
  const deliver = parts.delivery.deliver.bind(parts.delivery)
  parts.delivery.deliver = () => {}
  await broker.publish({ channel: 'topics', topic: 'a', event: 'm', id: 'lost', time: 1, payload: '"lost"' }, { history: { size: 100, ttl: 300_000 } })
  await new Promise((resolve) => { setImmediate(resolve) })
  parts.delivery.deliver = deliver
}
