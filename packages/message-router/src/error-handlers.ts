import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Exchange } from './exchange.ts'
import { failureFrom, failureOf, statusOf } from './failure-body.ts'
import { HookReply } from './hook-reply.ts'
import type { HookRequest } from './hook-request.ts'
import { isThenable } from './thenable.ts'

type ErrorHandler = FastifyInstance['errorHandler']

/** The handlers that `setErrorHandler` set for a scope and the scopes around it, innermost first. */
export function errorHandlersOf (scope: FastifyInstance): readonly ErrorHandler[] {
  const handlers: ErrorHandler[] = []
  for (let at = scope; typeof at.errorHandler === 'function'; at = Object.getPrototypeOf(at) as FastifyInstance) {
    // Fastify's own would only answer HTTP; every other one is bound, so none can have this name.
    if (at.errorHandler.name !== 'defaultErrorHandler' && at.errorHandler !== handlers.at(-1)) handlers.push(at.errorHandler)
  }
  return handlers
}

/**
 * Lets the scope's error handlers answer. As in Fastify, one that throws or sends an error hands over to the one around
 * it; what none of them answers is answered by the error's own status.
 */
export async function answerError (handlers: readonly ErrorHandler[], exchange: Exchange, request: HookRequest, error: unknown, status: number): Promise<void> {
  let unhandled = error
  let lastStatus = status
  for (const handler of handlers) {
    const reply = new HookReply().code(statusOf(unhandled, lastStatus))
    try {
      await callHandler(handler, unhandled, request, reply)
      if (!reply.sent) break
      return answerWith(exchange, reply)
    } catch (thrown) {
      unhandled = thrown
      lastStatus = reply.statusCode
    }
  }
  refuseWith(exchange, unhandled, lastStatus)
}

/** Refuses by the error's own status, and logs what is our fault. */
export function refuseWith (exchange: Exchange, error: unknown, status: number): void {
  const body = failureOf(error, status)
  if (body.code === 'internal') exchange.log.error({ err: error }, 'message failed')
  exchange.refuse(body)
}

/**
 * Answers with what a hook or an error handler sent.
 * @throws what it sent, when that is an error
 */
export function answerWith (exchange: Exchange, { payload, statusCode }: HookReply): void {
  if (payload instanceof Error) throw payload
  if (statusCode >= 400) exchange.refuse(failureFrom(payload, statusCode))
  else exchange.succeed(payload)
}

async function callHandler (handler: ErrorHandler, error: unknown, request: HookRequest, reply: HookReply): Promise<void> {
  // The views have what a handler for messages needs; Fastify's types have no smaller ones.
  const returned: unknown = handler(error, request as unknown as FastifyRequest, reply as unknown as FastifyReply)
  const payload = isThenable(returned) ? await returned : returned
  if (payload !== undefined) reply.send(payload)
}
