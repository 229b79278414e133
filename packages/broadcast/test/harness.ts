import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connectionPool } from '@fastify-realtime/connection-pool'
import type { Connection } from '@fastify-realtime/connection-pool'
import { messageRouter } from '@fastify-realtime/message-router'
import type { Failure, Principal, Publication, Reply, Welcome } from '@fastify-realtime/protocol'
import Fastify from 'fastify'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'
import type { Test } from 'tap'
import WebSocket from 'ws'
import { broadcast } from '../src/index.ts'
import type { BroadcastOptions } from '../src/index.ts'

export interface Server {
  readonly app: FastifyInstance
  readonly connect: (principal?: string) => Promise<TestClient>
}

type Received = { readonly type: string, readonly id?: string, readonly topic?: string } & Record<string, unknown>

export const allow = (): boolean => true

/** What policies say in most tests: everything is allowed. */
export const open: BroadcastOptions = { canSubscribe: allow, canPublish: allow, canReadHistory: allow, canSeePresence: allow }

/** A real server on a port of its own with the pool, the router and the broadcast. */
export async function serve (
  t: Test, options: BroadcastOptions, prepare: (app: FastifyInstance) => unknown = () => {}
): Promise<Server> {
  const app = Fastify()
  await app.register(connectionPool)
  await app.register(messageRouter)
  await prepare(app)
  await app.register(broadcast, options)
  app.decorateRequest('principal', null)
  const route: RouteShorthandOptions & { websocket: true } = {
    websocket: true,
    preValidation: async (request) => {
      const { as } = request.query as { as?: string }
      request.setDecorator<Principal | null>('principal', as === undefined ? null : { id: as })
    },
    config: { realtime: { anonymous: true } } as object
  }
  app.get('/ws', route, app.connectionPool.accept as never)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return {
    app,
    connect: async (principal) => {
      const client = new TestClient(`ws://127.0.0.1:${port}/ws${principal === undefined ? '' : `?as=${principal}`}`)
      t.teardown(() => client.socket.terminate())
      await client.next(({ type }) => type === 'welcome')
      return client
    }
  }
}

/** A client that keeps everything in the order in which it came. */
export class TestClient {
  readonly socket: WebSocket
  readonly received: Received[] = []
  #waiting: Array<{ readonly matches: (message: Received) => boolean, readonly resolve: (message: Received) => void }> = []
  #lastId = 0

  constructor (url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('error', () => {})
    this.socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as Received
      this.received.push(message)
      for (const waiter of this.#waiting.filter(({ matches }) => matches(message))) {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        waiter.resolve(message)
      }
    })
  }

  get welcome (): Welcome { return this.received[0] as unknown as Welcome }
  get publications (): Publication[] {
    return this.received.filter(({ type }) => type === 'publication') as unknown as Publication[]
  }

  /** The first message that matches, already here or yet to come. */
  next (matches: (message: Received) => boolean): Promise<Received> {
    const found = this.received.find(matches)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => { this.#waiting.push({ matches, resolve }) })
  }

  /** The publication with this data. */
  async publication (data: unknown): Promise<Publication> {
    const text = JSON.stringify(data)
    return await this.next((message) => message.type === 'publication' && JSON.stringify(message['data']) === text) as unknown as Publication
  }

  send (type: string, data?: unknown, id?: string): void {
    this.socket.send(JSON.stringify({ type, id, data }))
  }

  /** Sends a message and waits for its reply or failure. */
  async ask (type: string, data?: unknown): Promise<Reply | Failure> {
    const id = String(++this.#lastId)
    this.send(type, data, id)
    return await this.next((message) => message.id === id) as unknown as Reply | Failure
  }

  /** The data of the reply; a failure rejects. */
  async get<Data = Record<string, unknown>> (type: string, data?: unknown): Promise<Data> {
    const answer = await this.ask(type, data)
    if (answer.type === 'failure') throw new Error(`${answer.code}: ${answer.message}`)
    return answer.data as Data
  }

  async close (): Promise<void> {
    this.socket.close()
    await once(this.socket, 'close')
  }
}

/** The one connection of a principal on the server. */
export function connectionOf (app: FastifyInstance, principal: string): Connection {
  for (const connection of app.connectionPool.byPrincipal(principal)) return connection
  throw new Error(`${principal} is not connected`)
}
