import type { FailureCode } from './failure-code.ts'

const brand = Symbol.for('fastify-realtime.message-failure')
const retryable: ReadonlySet<FailureCode> = new Set(['rate-limited', 'timeout', 'unavailable'])

export interface MessageFailureDetails {
  /** Whether the same message may work later. Default: true for `rate-limited`, `timeout` and `unavailable`. */
  readonly retry?: boolean
  readonly details?: unknown
}

/** Thrown by a handler or a policy, it becomes the `failure` envelope of the message. Everything in it is sent. */
export class MessageFailure extends Error {
  override readonly name = 'MessageFailure'
  readonly code: FailureCode
  readonly retry: boolean
  readonly details: unknown

  constructor (code: FailureCode, message: string, { retry, details }: MessageFailureDetails = {}) {
    super(message)
    this.code = code
    this.retry = retry ?? retryable.has(code)
    this.details = details
    Object.defineProperty(this, brand, { value: true })
  }
}

export function messageFailure (code: FailureCode, message: string, details?: MessageFailureDetails): MessageFailure {
  return new MessageFailure(code, message, details)
}

/** Whether the value is a MessageFailure, of this copy of the package or another. */
export function isMessageFailure (value: unknown): value is MessageFailure {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}
