import type { FastifyTypeProvider, FastifyTypeProviderDefault } from 'fastify'
import type { MessageHandler, Replied } from './message-context.ts'
import type { MessageOptions } from './message-options.ts'
import type { MessageRoute } from './message-route.ts'
import type { HandlerData, HandlerReply, Known, MessageSchema, ReturnedReply, WireData, WireReply } from './schema-types.ts'

/**
 * Registers the handler of a message type. The types of `data` and of the reply come from the schemas by the scope's
 * type provider. Without a schema they come from the handler: annotate its context, `({ data }: MessageContext<Sum>) => …`.
 * @throws {FRT_ERR_MESSAGE_DUPLICATE | FRT_ERR_MESSAGE_RESERVED | FRT_ERR_MESSAGE_OPTION}
 */
export interface MessageMethod<Provider extends FastifyTypeProvider = FastifyTypeProviderDefault> {
  <const Type extends string, Data, Returned> (
    type: Type,
    handler: MessageHandler<Data, Returned>
  ): MessageRoute<Type, Data, ReturnedReply<Returned>>

  <const Type extends string, const Schema extends MessageSchema, Data, Returned extends HandlerReply<Provider, Schema> | Replied> (
    type: Type,
    options: MessageOptions<Schema>,
    handler: MessageHandler<Known<HandlerData<Provider, Schema>, Data>, Returned, HandlerReply<Provider, Schema>>
  ): MessageRoute<Type, Known<WireData<Provider, Schema>, Data>, WireReply<Provider, Schema, Returned>>
}
