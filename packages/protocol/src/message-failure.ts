import type { Failure } from './envelope.ts'
import { retryByCode } from './failure-code.ts'
import type { FailureCode } from './failure-code.ts'

/** One process may load several copies of this package; they know each other's failures by this symbol. */
const brand: unique symbol = Symbol.for('fastify-realtime.message-failure') as never

export interface MessageFailureDetails {
  /** Whether the same message may work later. Default: true for `rate-limited`, `timeout` and `unavailable`. */
  readonly retry?: boolean
  /** Plain data for the client. */
  readonly details?: unknown
}

/** Thrown by a handler or a policy, it becomes the `failure` envelope of the message. Everything in it is sent. */
export class MessageFailure extends Error {
  override readonly name: string = 'MessageFailure'
  readonly code: FailureCode
  readonly retry: boolean
  readonly details: unknown

  constructor (code: FailureCode, message: string, { retry, details }: MessageFailureDetails = {}) {
    super(message)
    this.code = code
    this.retry = retry ?? retryByCode[code]
    this.details = details
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The error to throw from a message handler or a policy, so that the sender gets this failure. */
export function messageFailure (code: FailureCode, message: string, details?: MessageFailureDetails): MessageFailure {
  return new MessageFailure(code, message, details)
}

/** Whether a thrown value is a `MessageFailure`, of this copy of the package or another one. */
export function isMessageFailure (value: unknown): value is MessageFailure {
  return typeof value === 'object' && value !== null && (value as { readonly [brand]?: unknown })[brand] === true
}

/** The envelope that answers the message with this `id`, or a message without one. */
export function failureEnvelope ({ code, message, retry, details }: Omit<Failure, 'type' | 'id'>, id?: string): Failure {
  return {
    type: 'failure',
    ...id !== undefined && { id },
    code,
    message,
    retry,
    ...details !== undefined && { details }
  }
}
