import type { FastifyTypeProvider, FastifyTypeProviderDefault } from 'fastify'
import type { MessageHandler, Replied } from './message-context.ts'
import type { MessageOptions } from './message-options.ts'
import type { MessageRoute } from './message-route.ts'
import type { HandlerData, HandlerReply, MessageSchema, ReturnedReply, WireData, WireReply } from './schema-types.ts'

/**
 * Registers the handler of a message type. The types of `data` and of the reply come from the schemas by the scope's
 * type provider, or from `app.message<'type', Data, Reply>(…)`.
 * @throws {FRT_ERR_MESSAGE_DUPLICATE | FRT_ERR_MESSAGE_RESERVED | FRT_ERR_MESSAGE_OPTION}
 */
export interface MessageMethod<Provider extends FastifyTypeProvider = FastifyTypeProviderDefault> {
  <const Type extends string, Returned> (
    type: Type,
    handler: MessageHandler<unknown, Returned>
  ): MessageRoute<Type, unknown, ReturnedReply<Returned>>

  // The fourth parameter keeps calls with three written types for the overloads below; nothing infers it.
  <const Type extends string, const Schema extends MessageSchema, Returned extends HandlerReply<Provider, Schema> | Replied, _Inferred extends true> (
    type: Type,
    options: MessageOptions<Schema>,
    handler: MessageHandler<HandlerData<Provider, Schema>, Returned, HandlerReply<Provider, Schema>>
  ): MessageRoute<Type, WireData<Provider, Schema>, WireReply<Provider, Schema, Returned>>

  <Type extends string, Data, Reply> (
    type: Type,
    handler: MessageHandler<Data, Reply | Replied, Reply>
  ): MessageRoute<Type, Data, Reply>

  <Type extends string, Data, Reply> (
    type: Type,
    options: MessageOptions,
    handler: MessageHandler<Data, Reply | Replied, Reply>
  ): MessageRoute<Type, Data, Reply>
}
