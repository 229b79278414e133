import { listen } from '@fastify-realtime/testing'
import type { Teardown } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import type { Codec } from '@fastify-realtime/protocol'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { connectionPool } from '../src/index.ts'
import type { Connection, ConnectionClosed, ConnectionPool, ConnectionPoolOptions } from '../src/index.ts'

export interface Served {
  readonly app: FastifyInstance
  readonly pool: ConnectionPool
  /** `ws://127.0.0.1:<port>` */
  readonly url: string
  readonly opened: Connection[]
  readonly closed: Array<{ readonly connection: Connection, readonly how: ConnectionClosed }>
  readonly refused: string[]
}

export interface Setting {
  readonly server?: FastifyServerOptions
  /** Registers routes; without one there is `/ws`, on which `echo` is answered with its data. */
  readonly routes?: (app: FastifyInstance) => unknown
}

/** An app that listens with the pool alone. */
export async function serve (t: Teardown, options: ConnectionPoolOptions = {}, { server = {}, routes = echo }: Setting = {}): Promise<Served> {
  const app = Fastify({ connectionTimeout: 10_000, ...server })
  await app.register(connectionPool, { closeTimeout: 200, ...options })
  const pool = app.connectionPool
  const served = { opened: [] as Connection[], closed: [] as Served['closed'], refused: [] as string[] }
  pool.on('open', (connection) => { served.opened.push(connection) })
  pool.on('close', (connection, how) => { served.closed.push({ connection, how }) })
  pool.on('refuse', (reason, status) => { served.refused.push(`${status} ${reason}`) })
  await routes(app)
  return { app, pool, url: await listen(app, t), ...served }
}

export function echo (app: FastifyInstance): void {
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
  app.connectionPool.receive((connection, { id, data }) => {
    if (id !== undefined) connection.sendEnvelope({ type: 'reply', id, data })
  })
}

/** A binary codec without a dependency. */
export const binaryCodec: Codec = {
  ...jsonCodec,
  subprotocol: 'realtime.v1.binary',
  binary: true,
  encode: (envelope) => Buffer.from(JSON.stringify(envelope)),
  decode: (frame) => JSON.parse(Buffer.from(frame as Uint8Array).toString())
}

/** The address that a trusted proxy reports. */
export const from = (address: string): { readonly ws: { readonly headers: Record<string, string> } } =>
  ({ ws: { headers: { 'x-forwarded-for': address } } })

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
