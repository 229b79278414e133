import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { TokenRequest, TokenSource } from './credential.ts'
import { json } from './json.ts'
import type { ClientCodec } from './json.ts'
import type { WebSocketConstructor } from './websocket.ts'

export interface ClientOptions {
  /** The credential, or a function that is asked for it before every attempt and when it expires. Default: none. */
  readonly token?: string | TokenSource
  /** Default: the platform's own. Node 20 has none: install `ws` and give its `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor
  /** Default: JSON. Give `msgpackCodec` of `@fastify-realtime/client/msgpack` for MessagePack. */
  readonly codec?: ClientCodec
  /** How long a request waits for its reply, the wait for a connection included, in milliseconds. Default 10,000. */
  readonly timeout?: number
  /** How long an attempt may take until the server's welcome, the token included, in milliseconds. Default 10,000. */
  readonly connectTimeout?: number
  /** How much later than promised a sign of life may come, in milliseconds. Default 10,000. */
  readonly heartbeatTimeout?: number
  /** The first attempt to reconnect waits up to this many milliseconds. Default 500. */
  readonly minDelay?: number
  /** No attempt waits longer, but for a hint of the server, in milliseconds. Default 20,000. */
  readonly maxDelay?: number
  /** How many messages may wait for a connection. Default 100. */
  readonly maxQueued?: number
  /** How many bytes may wait in the socket before messages are refused. Default 1,048,576. */
  readonly maxBuffered?: number
  /** Time, for tests. */
  readonly clock?: Clock
  /** Chance, for tests: a number from 0 up to, but not including, 1. */
  readonly random?: () => number
}

export interface ResolvedOptions extends Required<ClientOptions> {
  readonly token: TokenSource
  readonly url: string
}

/** Unlike those of the protocol's clock, these timers keep Node alive: a bot must not exit while it waits to reconnect. */
const clientClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay) as Timer,
  clearTimeout: (timer) => clearTimeout(timer as number)
}

/** More milliseconds overflow a timer. */
const MAX_NUMBER = 2 ** 31

/** @throws {TypeError} that says what was expected and what came */
export function resolveOptions (url: string, options: ClientOptions): ResolvedOptions {
  const { WebSocket, location } = globalThis as { WebSocket?: WebSocketConstructor, location?: { href: string } }
  const { token } = options
  const resolved: Record<string, unknown> = {
    clock: clientClock,
    random: Math.random,
    codec: json,
    timeout: 10_000,
    connectTimeout: 10_000,
    heartbeatTimeout: 10_000,
    minDelay: 500,
    maxDelay: 20_000,
    maxQueued: 100,
    maxBuffered: 1_048_576,
    token,
    WebSocket
  }
  for (const [name, value] of Object.entries(options)) {
    if (!(name in resolved)) throw wrong(`one of ${String(Object.keys(resolved))}`, name)
    if (typeof value === 'number' && !(value >= 0 && value < MAX_NUMBER)) throw wrong(`${name} from 0 to 2^31`, value)
    resolved[name] = value ?? resolved[name]
  }
  if (resolved['WebSocket'] === undefined) throw wrong('a WebSocket, such as that of ws', 'none')
  // Takes what a page would write, too: `/ws` and `https:` addresses.
  const address = new URL(url, location?.href)
  address.protocol = address.protocol.replace('http', 'ws')
  if (!/^wss?:/.test(address.protocol)) throw wrong('ws: or wss:', address.protocol)
  address.hash = ''
  resolved['url'] = address.href
  // What it throws at once comes later, too, when there are listeners.
  resolved['token'] = async (request: TokenRequest) => typeof token === 'function' ? token(request) : token
  return resolved as unknown as ResolvedOptions
}

function wrong (expected: string, came: string | number): TypeError {
  return new TypeError(`Expected ${expected}, got ${came}.`)
}
