/** Why a connection ends, as data: what the peer reads in the close frame. */
export interface CloseReason {
  /** RFC 6455 section 7.4; ours are 4000–4499 (come back) and 4500–4999 (stay away). */
  readonly code: number
  /** Words for a human, at most 123 bytes of UTF-8 once the hint is added; longer ones are cut. */
  readonly reason: string
  /** When to come back, in milliseconds; travels as `; retry-after=<ms>`. */
  readonly retryAfter?: number
}

export type CloseName =
  | 'done' | 'goingAway' | 'internal' | 'drain' | 'overloaded' | 'dead' | 'tooSlow' | 'positionLost' | 'rate'
  | 'credentialExpired' | 'reconnect' | 'badMessage' | 'unauthenticated' | 'forbidden' | 'replaced' | 'tooManyErrors'

/** Every close that fastify-realtime makes on its own. */
export const closeReasons: Readonly<Record<CloseName, CloseReason>> = {
  done: { code: 1000, reason: 'done' },
  goingAway: { code: 1001, reason: 'going away' },
  internal: { code: 1011, reason: 'internal error' },
  drain: { code: 1012, reason: 'restarting' },
  overloaded: { code: 1013, reason: 'overloaded' },
  dead: { code: 4000, reason: 'no sign of life' },
  tooSlow: { code: 4001, reason: 'too slow' },
  positionLost: { code: 4002, reason: 'position lost' },
  rate: { code: 4003, reason: 'rate limit' },
  credentialExpired: { code: 4004, reason: 'credential expired' },
  reconnect: { code: 4005, reason: 'please reconnect' },
  badMessage: { code: 4500, reason: 'bad message' },
  unauthenticated: { code: 4501, reason: 'unauthenticated' },
  forbidden: { code: 4502, reason: 'forbidden' },
  replaced: { code: 4503, reason: 'replaced by a newer connection' },
  tooManyErrors: { code: 4504, reason: 'too many errors' }
}
