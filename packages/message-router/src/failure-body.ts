import { isMessageFailure } from '@fastify-realtime/protocol'
import type { FailureCode } from '@fastify-realtime/protocol'
import type { FastifySchemaValidationError } from 'fastify'
import { problemsOf } from './validation-error.ts'

/** A failure envelope without its frame. */
export interface FailureBody {
  readonly code: FailureCode
  readonly message: string
  readonly retry: boolean
  readonly details?: unknown
}

const codes: ReadonlyMap<number, FailureCode> = new Map([
  [401, 'unauthenticated'], [403, 'forbidden'], [404, 'not-found'], [408, 'timeout'], [409, 'conflict'], [410, 'not-found'],
  [412, 'conflict'], [413, 'too-large'], [423, 'conflict'], [429, 'rate-limited'], [503, 'unavailable'], [504, 'timeout']
])

/** Of our own faults the sender learns nothing. */
export const internal: FailureBody = Object.freeze({ code: 'internal', message: 'internal error', retry: false })

/** The code for an HTTP status: what no other code names is the sender's fault below 500, and `internal` from there on. */
export function codeOf (status: number): FailureCode {
  return codes.get(status) ?? (status < 500 ? 'invalid-data' : 'internal')
}

/** The status of anything that was thrown; `reply` is the one that a hook set before it failed. */
export function statusOf (error: unknown, reply: number = 200): number {
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown, status?: unknown }
  return [statusCode, status, reply].find(isErrorStatus) ?? 500
}

/**
 * What a sender is told of something thrown. The code and status of the error stay readable in `details`; of what maps
 * to `internal` nothing is told.
 */
export function failureOf (error: unknown, replyStatus?: number): FailureBody {
  if (isMessageFailure(error)) return error
  const status = statusOf(error, replyStatus)
  const code = codeOf(status)
  if (code === 'internal') return internal
  return { code, message: messageOf(error, code), retry: mayWorkLater(code), details: detailsOf(error, status) }
}

/** What a sender is told when a hook or an error handler answered with `payload` itself. */
export function failureFrom (payload: unknown, status: number): FailureBody {
  const code = codeOf(status)
  if (code === 'internal') return internal
  const body = { code, message: messageOf(payload, code), retry: mayWorkLater(code) }
  return typeof payload === 'object' && payload !== null ? { ...body, details: payload } : body
}

function isErrorStatus (status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599
}

function mayWorkLater (code: FailureCode): boolean {
  return code === 'rate-limited' || code === 'timeout' || code === 'unavailable'
}

function messageOf (thrown: unknown, code: FailureCode): string {
  const message: unknown = typeof thrown === 'string' ? thrown : (thrown as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' && message !== '' ? message : code
}

function detailsOf (error: unknown, statusCode: number): object {
  const { code, validation } = (error ?? {}) as { code?: unknown, validation?: unknown }
  return {
    ...(typeof code === 'string' && { code }),
    statusCode,
    ...(Array.isArray(validation) && { validation: problemsOf(validation as FastifySchemaValidationError[]) })
  }
}
