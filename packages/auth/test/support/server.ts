import { connectionPool } from '@fastify-realtime/connection-pool'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { auth } from '../../src/index.ts'
import type { AuthOptions } from '../../src/index.ts'
import { secret } from './tokens.ts'

export interface Server {
  readonly app: FastifyInstance
  readonly log: string[]
  readonly url: (path?: string) => string
}

export interface ServerDetails {
  readonly fastify?: FastifyServerOptions
  /** Before auth is registered. */
  readonly before?: (app: FastifyInstance) => unknown
  /** After it. */
  readonly after?: (app: FastifyInstance) => unknown
}

/** A real server with the pool, auth, `/ws`, `/open` (anonymous) and `/me`. */
export async function server (t: Test, options: AuthOptions = { jwt: { secret } }, details: ServerDetails = {}): Promise<Server> {
  const log: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => { log.push(line) } } }, ...details.fastify } as object)
  t.teardown(() => app.close())
  await app.register(connectionPool)
  await details.before?.(app)
  await app.register(auth, options)
  const { authenticate } = app.realtimeAuth
  app.get('/ws', { websocket: true, preValidation: authenticate }, app.connectionPool.accept)
  app.get('/open', { websocket: true, preValidation: authenticate, config: { realtime: { anonymous: true } } },
    app.connectionPool.accept)
  app.route({ method: ['GET', 'POST'], url: '/me', preValidation: authenticate, handler: async (request) => request.principal })
  await details.after?.(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  return { app, log, url: (path = '/ws') => `ws://127.0.0.1:${port}${path}` }
}

export interface Opening extends ClientOptions {
  readonly protocols?: string[]
}

export interface Opened {
  /** The HTTP status of the answer: 101 when the upgrade was taken. */
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
  /** The first envelope, if there was one before the close. */
  readonly first?: { readonly type: string, readonly principal?: string | null }
  readonly close?: { readonly code: number, readonly reason: string }
  readonly ws: WebSocket
  readonly messages: Array<Record<string, unknown>>
  /** The next envelope of this type, also when it has come already. */
  readonly next: (type: string) => Promise<Record<string, unknown>>
  readonly closed: Promise<{ readonly code: number, readonly reason: string }>
}

/** Opens and waits for the first of: welcome, close, HTTP answer. */
export function open (url: string, { protocols = [], ...options }: Opening = {}): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url, protocols, options)
    const messages: Array<Record<string, unknown>> = []
    const waiting = new Set<() => void>()
    let upgraded: Record<string, unknown> = {}
    ws.on('upgrade', (response) => { upgraded = response.headers })
    const closed = new Promise<{ code: number, reason: string }>((resolve) => {
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    const base = { ws, messages, closed, next: (type: string) => nextOf(messages, waiting, type), body: '' }
    ws.on('message', (data: Buffer) => {
      messages.push(JSON.parse(data.toString()) as Record<string, unknown>)
      for (const wake of Array.from(waiting)) wake()
      if (messages.length === 1) resolve({ ...base, status: 101, headers: upgraded, first: messages[0] as Opened['first'] & object })
    })
    ws.on('close', (code, reason) => resolve({ ...base, status: 101, headers: upgraded, close: { code, reason: reason.toString() } }))
    ws.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (chunk) => { body += chunk })
      response.on('end', () => resolve({ ...base, status: Number(response.statusCode), headers: response.headers, body }))
    })
    ws.on('error', (error) => { if (!/Unexpected server response/.test(error.message)) reject(error) })
  })
}

function nextOf (messages: Array<Record<string, unknown>>, waiting: Set<() => void>, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const look = (): void => {
      const at = messages.findIndex((message) => message['type'] === type)
      if (at < 0) return
      waiting.delete(look)
      resolve(messages.splice(at, 1)[0] as Record<string, unknown>)
    }
    waiting.add(look)
    look()
  })
}
