import { once } from 'node:events'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { WebSocket } from 'ws'
import { connectionPool, type ConnectionPoolOptions } from '@fastify-realtime/connection-pool'
import type { Principal } from '@fastify-realtime/protocol'
import { messageRouter, type MessageRouterOptions } from '../src/index.ts'

interface Test {
  teardown (end: () => Promise<void>): void
}

export interface Answer {
  readonly type: string
  readonly id?: string
  readonly data?: unknown
  readonly code?: string
  readonly message?: string
  readonly retry?: boolean
  readonly details?: unknown
}

/** A bare WebSocket that speaks envelopes. */
export class Peer {
  readonly socket: WebSocket
  readonly #inbox: Answer[] = []
  #wake: (() => void) | undefined
  #count = 0

  constructor (socket: WebSocket) {
    this.socket = socket
    socket.on('message', (frame: Buffer) => {
      this.#inbox.push(JSON.parse(frame.toString('utf8')) as Answer)
      this.#wake?.()
    })
  }

  send (envelope: object): void {
    this.socket.send(JSON.stringify(envelope))
  }

  async next (): Promise<Answer> {
    while (this.#inbox.length === 0) await new Promise<void>((resolve) => { this.#wake = resolve })
    return this.#inbox.shift() as Answer
  }

  get lastId (): string {
    return String(this.#count)
  }

  async ask (type: string, data?: unknown): Promise<Answer> {
    const id = String(++this.#count)
    this.send({ type, id, data })
    for (;;) {
      const answer = await this.next()
      if (answer.id === id) return answer
    }
  }
}

export interface Started {
  readonly app: FastifyInstance
  readonly connect: (path?: string) => Promise<Peer>
}

export interface StartOptions {
  readonly server?: FastifyServerOptions
  readonly pool?: ConnectionPoolOptions
  readonly router?: MessageRouterOptions
}

/** `?as=ada` connects as the principal `ada`. `/open` is anonymous. */
export async function build (t: Test, { server = {}, pool = {}, router = {} }: StartOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true, connectionTimeout: 60_000, ...server })
  t.teardown(async () => app.close())
  await app.register(connectionPool, pool)
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    const { as } = request.query as { as?: string }
    if (as !== undefined) request.setDecorator<Principal | null>('principal', { id: as })
  })
  await app.register(messageRouter, router)
  return app
}

export async function listen (t: Test, app: FastifyInstance): Promise<Started> {
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
  app.get('/other', { websocket: true }, app.connectionPool.accept)
  app.get('/open', { websocket: true, config: { realtime: { anonymous: true } } }, app.connectionPool.accept)
  const origin = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws')
  return {
    app,
    async connect (path = '/ws?as=ada'): Promise<Peer> {
      const socket = new WebSocket(origin + path)
      t.teardown(async () => socket.terminate())
      const peer = new Peer(socket)
      await once(socket, 'open')
      await peer.next()
      return peer
    }
  }
}

export async function start (t: Test, configure: (app: FastifyInstance) => unknown, options?: StartOptions): Promise<Started> {
  const app = await build(t, options)
  await configure(app)
  return listen(t, app)
}
