import type { FastifyInstance } from 'fastify'
import type { Exchange } from './exchange.ts'
import type { HookReply } from './hook-reply.ts'
import type { HookRequest } from './hook-request.ts'
import { isThenable } from './thenable.ts'

/** Told that a hook is through; an error refuses the message. */
export type HookDone = (error?: Error | null) => void

/**
 * Runs before a handler, as a Fastify hook does: either it returns a promise, or it calls `done`. A hook that does
 * neither holds the message until its timeout.
 */
export type MessageHook = (this: FastifyInstance, request: HookRequest, reply: HookReply, done: HookDone) => void | Promise<unknown>

/**
 * A hook that was written for HTTP, such as those of `@fastify/auth`. It has no call signature here, so that a hook
 * written in place gets the types of `MessageHook`.
 */
export type ForeignHook = Pick<CallableFunction, 'apply' | 'call'>

export type MessageHooks = MessageHook | ForeignHook | ReadonlyArray<MessageHook | ForeignHook>

/**
 * Runs hooks in order until one of them answers or the time of the message is up, and says whether that happened. As in
 * Fastify a hook is through when its promise resolves, when it calls `done`, or when it sends; whichever comes first.
 */
export async function runHooks (hooks: readonly MessageHook[], exchange: Exchange, reply: HookReply): Promise<boolean> {
  for (const hook of hooks) {
    if (reply.sent || exchange.answered) break
    await runHook(hook, exchange.request, reply)
  }
  return reply.sent || exchange.answered
}

function runHook (hook: MessageHook, request: HookRequest, reply: HookReply): Promise<void> {
  return new Promise((resolve, reject) => {
    reply.onSend(resolve)
    const result: unknown = hook.call(request.server, request, reply, (error) => {
      if (error) reject(error)
      else resolve()
    })
    if (isThenable(result)) result.then(() => resolve(), reject)
  })
}
