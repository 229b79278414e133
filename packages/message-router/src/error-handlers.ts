import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Exchange } from './exchange.ts'
import { failureFrom, failureOf, statusOf } from './failure-body.ts'
import { HookReply } from './hook-reply.ts'

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
 * Answers what hooks, validation or handler threw. Without error handlers that is done when this returns; otherwise when
 * the promise is kept.
 */
export function answerError (handlers: readonly ErrorHandler[], exchange: Exchange, error: unknown): void | Promise<void> {
  const status = exchange.hookReply?.statusCode ?? 200
  if (exchange.answered) exchange.log.warn({ err: error }, 'message failed after its answer')
  else if (handlers.length === 0) refuseWith(exchange, error, status)
  else return askHandlers(handlers, exchange, error, status)
}

/**
 * Answers with what a hook or an error handler sent.
 * @throws what it sent, when that is an error
 */
export function answerWith (exchange: Exchange, { payload, statusCode }: HookReply): void {
  if (payload instanceof Error) throw payload
  if (statusCode >= 400) exchange.refuse(failureFrom(payload, statusCode, exchange.idempotent))
  else exchange.succeed(payload)
}

/**
 * As in Fastify, a handler that throws or sends an error hands over to the one around it; what none of them answers is
 * answered by the error's own status.
 */
async function askHandlers (handlers: readonly ErrorHandler[], exchange: Exchange, error: unknown, status: number): Promise<void> {
  let unhandled = error
  let lastStatus = status
  for (const handler of handlers) {
    const reply = new HookReply().code(statusOf(unhandled, lastStatus))
    try {
      await callHandler(handler, unhandled, exchange, reply)
      if (!reply.sent) break
      return answerWith(exchange, reply)
    } catch (thrown) {
      unhandled = thrown
      lastStatus = reply.statusCode
    }
  }
  refuseWith(exchange, unhandled, lastStatus)
}

async function callHandler (handler: ErrorHandler, error: unknown, { request }: Exchange, reply: HookReply): Promise<void> {
  // The views have what a handler for messages needs; Fastify's types have no smaller ones.
  const returned: unknown = handler(error, request as unknown as FastifyRequest, reply as unknown as FastifyReply)
  const payload = await returned
  if (payload !== undefined && payload !== reply) reply.send(payload)
}

/** Refuses by the error's own status, and logs what is our fault. */
function refuseWith (exchange: Exchange, error: unknown, status: number): void {
  const body = failureOf(error, status, exchange.idempotent)
  if (body.code === 'internal') exchange.log.error({ err: error }, 'message failed')
  exchange.refuse(body)
}
