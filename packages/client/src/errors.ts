import type { FailureCode } from '@fastify-realtime/protocol'

/**
 * What went wrong: one of the server's failure codes, what an `unsubscribed` said, or one of ours.
 * `connection-lost`: the connection ended before the reply came, so the server may or may not have handled the message ·
 * `offline`: there was no connection, and the call did not want to wait for one · `queue-full`: too much is waiting ·
 * `too-slow`: a `for await` loop fell too far behind · `closed`: the client is closed.
 */
export type ErrorCode = FailureCode | 'connection-lost' | 'offline' | 'queue-full' | 'too-slow' | 'closed'

export interface RealtimeErrorDetails {
  /** Whether the same call may work later. Default `false`. */
  readonly retry?: boolean
  /** Plain data that came with the failure. */
  readonly details?: unknown
}

/** Every rejection of this client but two: an aborted call rejects with its signal's reason, wrong use with a TypeError. */
export class RealtimeError extends Error {
  override readonly name: string = 'RealtimeError'
  /** An `ErrorCode`, or whatever code an app's own server made up. */
  declare readonly code: ErrorCode | (string & {})
  declare readonly retry: boolean
  declare readonly details: unknown

  constructor (code: ErrorCode | (string & {}), message: string, { retry = false, details }: RealtimeErrorDetails = {}) {
    super(message)
    this.code = code
    this.retry = retry
    this.details = details
  }
}

/** What may work later. */
export function temporary (code: ErrorCode, message: string): RealtimeError {
  return new RealtimeError(code, message, { retry: true })
}
