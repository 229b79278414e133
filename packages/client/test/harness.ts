import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { RealtimeClient } from '../src/index.ts'
import type { ClientOptions } from '../src/index.ts'

export type Fields = Record<string, unknown>

/** A socket in the hands of a test. */
export class FakeSocket {
  binaryType = 'blob'
  bufferedAmount = 0
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  readonly url: string
  readonly protocols: readonly string[]
  readonly sent: Fields[] = []
  closed: { readonly code: number | undefined, readonly reason: string | undefined } | undefined
  terminated = false

  constructor (url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
  }

  send (data: string | Uint8Array): void {
    this.sent.push(JSON.parse(data as string) as Fields)
  }

  close (code?: number, reason?: string): void {
    this.closed = { code, reason }
  }

  terminate (): void {
    this.terminated = true
  }

  receive (envelope: unknown): void {
    this.receiveRaw(JSON.stringify(envelope))
  }

  receiveRaw (data: unknown): void {
    const { onmessage } = this
    if (typeof onmessage === 'function') (onmessage as (event: object) => void)({ data })
  }

  /** The peer ends it. */
  drop (code: number = 1006, reason: string = '', error?: string): void {
    if (error !== undefined) (this.onerror as (event: object) => void)({ message: error })
    ;(this.onclose as (event: object) => void)({ code, reason })
  }

  /** What was sent last. */
  get last (): Fields | undefined { return this.sent.at(-1) }

  of (type: string): Fields[] {
    return this.sent.filter((message) => message['type'] === type)
  }

  reply (message: Fields | undefined, data?: unknown): void {
    this.receive({ type: 'reply', id: message?.['id'], data })
  }

  fail (message: Fields | undefined, code: string, fields: Fields = {}): void {
    this.receive({ type: 'failure', id: message?.['id'], code, message: code, retry: false, ...fields })
  }
}

export interface Harness {
  readonly client: RealtimeClient
  readonly clock: FakeClock
  readonly sockets: FakeSocket[]
  readonly events: string[]
  readonly errors: unknown[]
  readonly socket: FakeSocket
  /** Lets the next attempt get its socket and welcomes it. */
  readonly welcome: (fields?: Fields) => Promise<FakeSocket>
  /** Waits until the next attempt. */
  readonly retry: () => void
  /** Ends the connection and lets the next one open. */
  readonly reconnect: (fields?: Fields) => Promise<FakeSocket>
}

export const tick = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

export function harness (options: Partial<ClientOptions> = {}): Harness {
  const clock = fakeClock()
  const sockets: FakeSocket[] = []
  class Socket extends FakeSocket {
    constructor (url: string, protocols: string[]) {
      super(url, protocols)
      sockets.push(this)
    }
  }
  const client = new RealtimeClient('ws://host.example/ws', { WebSocket: Socket, clock, random: () => 0.5, ...options })
  const events: string[] = []
  const errors: unknown[] = []
  client.on('state', (state) => events.push(state))
  client.on('error', (error) => errors.push(error))
  let connections = 0
  let retryIn = 0
  client.on('close', (lost) => { retryIn = lost.retryIn ?? 0 })
  const welcome = async (fields: Fields = {}): Promise<FakeSocket> => {
    await tick()
    const socket = sockets.at(-1) as FakeSocket
    socket.receive({ type: 'welcome', connection: `c${++connections}`, principal: null, heartbeat: null, time: 0, subscriptions: [], ...fields })
    return socket
  }
  return {
    client,
    clock,
    sockets,
    events,
    errors,
    get socket () { return sockets.at(-1) as FakeSocket },
    welcome,
    retry: () => clock.advance(retryIn),
    async reconnect (fields) {
      sockets.at(-1)?.drop()
      clock.advance(retryIn)
      return await welcome(fields)
    }
  }
}

export const at = (offset: number, epoch: string = 'e'): { epoch: string, offset: number } => ({ epoch, offset })
export const publication = (n: number, fields: Fields = {}): Fields =>
  ({ type: 'publication', topic: 'room:1', event: 'said', id: `p${n}`, time: n, data: n, position: at(n), ...fields })
