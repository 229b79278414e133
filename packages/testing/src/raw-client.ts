import { randomBytes } from 'node:crypto'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { FrameReader } from './frame-reader.ts'
import type { ReceivedFrame } from './frame-reader.ts'
import { hostileFrame } from './hostile-frame.ts'
import type { HostileFrame } from './hostile-frame.ts'
import { until } from './wait.ts'

export interface RawClientOptions {
  /** Default: `/ws`. */
  readonly path?: string
  /** Header lines beside or instead of the handshake's own; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** A client that speaks WebSocket by hand, for frames that no library would send. */
export interface RawClient {
  readonly socket: Socket
  /** The HTTP status that answered the upgrade, 101 when it was accepted. */
  readonly status: number
  /** The head of that answer, and of a refusal the body too as far as it has come. */
  readonly head: string
  write (bytes: string | Uint8Array): void
  send (frame: HostileFrame): void
  /** The next frame from the server. Rejects after 5 s. */
  next (): Promise<ReceivedFrame>
  /** The code and reason of the server's close frame; `null` when the socket ended without one. Rejects after 5 s. */
  closed (): Promise<{ readonly code: number, readonly reason: string } | null>
  destroy (): void
}

/** Opens a TCP connection to `ws://host:port`, asks for the upgrade and answers when the server has. */
export async function rawClient (url: string, { path = '/ws', headers = {} }: RawClientOptions = {}): Promise<RawClient> {
  const { hostname, port, host } = new URL(url)
  const socket = connectSocket(Number(port), hostname)
  const frames: ReceivedFrame[] = []
  const reader = new FrameReader()
  const state = { head: '', ended: false }
  socket.on('error', () => {}).on('close', () => { state.ended = true })
  socket.on('data', (chunk: Buffer) => {
    const rest = state.head.includes('\r\n\r\n') && statusOf(state.head) === 101 ? chunk : readHead(state, chunk)
    frames.push(...reader.read(rest))
  })
  socket.write(upgradeRequest(path, { host, ...headers }))
  await until(() => state.head.includes('\r\n\r\n') || state.ended, 'an answer to the upgrade')
  return new OpenRawClient(socket, frames, state)
}

class OpenRawClient implements RawClient {
  readonly socket: Socket
  readonly #frames: ReceivedFrame[]
  readonly #state: { readonly head: string, readonly ended: boolean }

  constructor (socket: Socket, frames: ReceivedFrame[], state: { readonly head: string, readonly ended: boolean }) {
    this.socket = socket
    this.#frames = frames
    this.#state = state
  }

  get head (): string { return this.#state.head }
  get status (): number { return statusOf(this.#state.head) }
  write (bytes: string | Uint8Array): void { this.socket.write(bytes) }
  send (frame: HostileFrame): void { this.socket.write(hostileFrame(frame)) }
  destroy (): void { this.socket.destroy() }

  async next (): Promise<ReceivedFrame> {
    await until(() => this.#frames.length > 0, 'a frame')
    return this.#frames.shift() as ReceivedFrame
  }

  async closed (): Promise<{ readonly code: number, readonly reason: string } | null> {
    await until(() => this.#state.ended || this.#close() !== undefined, 'a close frame or the end of the socket')
    const payload = this.#close()?.payload
    if (payload === undefined) return null
    return payload.length < 2 ? { code: 1005, reason: '' } : { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) }
  }

  #close (): ReceivedFrame | undefined {
    return this.#frames.find(({ opcode }) => opcode === 8)
  }
}

function upgradeRequest (path: string, headers: Readonly<Record<string, string | undefined>>): string {
  const all = {
    connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), ...headers
  }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Answers what follows the head: the first bytes of frames after a 101, none otherwise. */
function readHead (state: { head: string }, chunk: Buffer): Buffer {
  const text = state.head + chunk.toString('latin1')
  const end = text.indexOf('\r\n\r\n') + 4
  state.head = statusOf(text) === 101 && end > 3 ? text.slice(0, end) : text
  return Buffer.from(text.slice(state.head.length), 'latin1')
}

/** 0 when there was no answer. */
function statusOf (head: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
}
