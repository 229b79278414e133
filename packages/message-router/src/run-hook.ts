import type { FastifyInstance } from 'fastify'
import type { HookReply } from './hook-reply.ts'
import type { HookRequest } from './hook-request.ts'
import type { MessageHook } from './message-hook.ts'
import { isThenable } from './thenable.ts'

/**
 * Runs hooks in order until one of them answers, and says whether that happened. As in Fastify a hook is through when
 * its promise resolves, when it calls `done`, or when it sends; whichever comes first.
 */
export async function runHooks (hooks: readonly MessageHook[], scope: FastifyInstance, request: HookRequest, reply: HookReply): Promise<boolean> {
  for (const hook of hooks) {
    await runHook(hook, scope, request, reply)
    if (reply.sent) return true
  }
  return false
}

function runHook (hook: MessageHook, scope: FastifyInstance, request: HookRequest, reply: HookReply): Promise<void> {
  return new Promise((resolve, reject) => {
    reply.onSend(resolve)
    const result: unknown = hook.call(scope, request, reply, (error) => {
      if (error) reject(error)
      else resolve()
    })
    if (isThenable(result)) result.then(() => resolve(), reject)
  })
}
