import { isMessageFailure } from '@fastify-realtime/protocol'
import type { Failure, FailureCode } from '@fastify-realtime/protocol'
import type { FastifySchemaValidationError } from 'fastify'
import { problemsOf } from './validation-error.ts'

/** What a failure says. */
export type FailureBody = Omit<Failure, 'type' | 'id'>

const codes: ReadonlyMap<number, FailureCode> = new Map([
  [401, 'unauthenticated'], [403, 'forbidden'], [404, 'not-found'], [408, 'timeout'], [409, 'conflict'], [410, 'not-found'],
  [412, 'conflict'], [413, 'too-large'], [423, 'conflict'], [429, 'rate-limited'], [503, 'unavailable'], [504, 'timeout']
])

/** Of our own faults the sender learns nothing. */
export const internal: FailureBody = Object.freeze({ code: 'internal', message: 'internal error', retry: false })

/** The status of anything that was thrown; `reply` is the one that a hook set before it failed. */
export function statusOf (error: unknown, reply: number): number {
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown, status?: unknown }
  return [statusCode, status, reply].find(isErrorStatus) ?? 500
}

/**
 * What a sender is told of something thrown. The code and status of the error stay readable in `details`; of what maps
 * to `internal` nothing is told.
 */
export function failureOf (error: unknown, replyStatus: number, idempotent: boolean): FailureBody {
  if (isMessageFailure(error)) return error
  const status = statusOf(error, replyStatus)
  return bodyOf(status, error, detailsOf(error, status), idempotent)
}

/** What a sender is told when a hook or an error handler answered with `payload` itself. */
export function failureFrom (payload: unknown, status: number, idempotent: boolean): FailureBody {
  return bodyOf(status, payload, typeof payload === 'object' ? payload ?? undefined : undefined, idempotent)
}

function bodyOf (status: number, said: unknown, details: object | undefined, idempotent: boolean): FailureBody {
  const code = codeOf(status)
  if (code === 'internal') return internal
  return { code, message: messageOf(said, code), retry: mayWorkLater(code, idempotent), details }
}

/** What no other code names is the sender's fault below 500, and `internal` from there on. */
function codeOf (status: number): FailureCode {
  return codes.get(status) ?? (status < 500 ? 'invalid-data' : 'internal')
}

function isErrorStatus (status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599
}

/** After a timeout nobody knows what was done. */
function mayWorkLater (code: FailureCode, idempotent: boolean): boolean {
  return code === 'timeout' ? idempotent : code === 'rate-limited' || code === 'unavailable'
}

function messageOf (said: unknown, code: FailureCode): string {
  const message: unknown = typeof said === 'string' ? said : (said as { message?: unknown } | null | undefined)?.message
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
