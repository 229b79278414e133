import type { FastifyInstance } from 'fastify'
import type { HookReply } from './hook-reply.ts'
import type { HookRequest } from './hook-request.ts'

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
