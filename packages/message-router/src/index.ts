import type { FastifyTypeProvider } from 'fastify'
import type { MessageMethod } from './message-route.ts'
import { messageRouter } from './plugin.ts'
import type { ScopeOptions } from './scope.ts'

export { DuplicateMessageError, InvalidOptionError, MessageSchemaError, ReplySentError, ReservedMessageError } from './errors.ts'
export type { HookReply } from './hook-reply.ts'
export type { HookRequest } from './hook-request.ts'
export type { MessageContext, MessageHandler, Replied } from './message-context.ts'
export type { ForeignHook, HookDone, MessageHook, MessageHooks } from './message-hook.ts'
export type { MessageOptions, MessageRateLimit } from './message-options.ts'
export type { MessageMethod, MessageRoute, RoutesOf } from './message-route.ts'
export type { MessageRouterOptions } from './options.ts'
export type { Jsonify, MessageSchema } from './schema-types.ts'
export type { ScopeOptions } from './scope.ts'
export type { MessageTrace } from './tracing.ts'
export type { Problem } from './validation-error.ts'
export { messageRouter }
export default messageRouter

declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    message: MessageMethod<TypeProvider extends FastifyTypeProvider ? TypeProvider : never>
  }
  interface RegisterOptions extends ScopeOptions {}
}
