import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'
import { natsBroker } from '../src/index.ts'
import type { NatsBrokerOptions } from '../src/index.ts'
import type { NatsServer } from './nats-server.ts'

export interface Node {
  readonly broker: ReturnType<typeof natsBroker>
  readonly connection: NatsConnection
  readonly got: BrokerRecord[]
  readonly states: boolean[]
}

export const LIMITS = { size: 100, ttl: 60_000 }

/** A started broker on a connection of its own. */
export async function node (t: Teardown, server: NatsServer, options: Partial<NatsBrokerOptions> = {}): Promise<Node> {
  const got: BrokerRecord[] = []
  const states: boolean[] = []
  const connection = await server.connect()
  const broker = natsBroker({ connection, ...options })
  await broker.start({ deliver: (delivered) => got.push(delivered), state: (up) => states.push(up) })
  t.teardown(() => broker.stop())
  return { broker, connection, got, states }
}

interface Teardown {
  teardown (work: () => unknown): void
}

export function record (id: string, fields: Partial<BrokerRecord> = {}): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id, time: 1, payload: `"${id}"`, ...fields }
}

/** Publishes with history and answers the position. */
export async function append ({ broker }: Node, id: string, limits: typeof LIMITS = LIMITS): Promise<Position> {
  const { position } = await broker.publish(record(id), { history: limits })
  if (position === undefined) throw new Error('no position')
  return position
}

export async function until (condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition() && performance.now() < deadline) await sleep(5)
}

/** Asks JetStream itself. */
export async function api (connection: NatsConnection, endpoint: string, body: object = {}): Promise<Record<string, unknown>> {
  return (await connection.request(`$JS.API.${endpoint}`, JSON.stringify(body))).json()
}

/** The name of the stream that takes a subject. */
export async function streamOf (connection: NatsConnection, subject: string): Promise<string> {
  const { streams } = await api(connection, 'STREAM.NAMES', { subject })
  return String((streams as string[])[0])
}

export async function countOf (connection: NatsConnection, subject: string): Promise<number> {
  const name = await streamOf(connection, subject)
  const { state } = await api(connection, `STREAM.INFO.${name}`, { subjects_filter: subject })
  return Object.values((state as { subjects?: Record<string, number> }).subjects ?? {}).reduce((sum, count) => sum + count, 0)
}
