import type { FastifyTypeProvider, FastifyTypeProviderDefault } from 'fastify'
import type { MessageHandler, Replied } from './message-context.ts'
import type { MessageOptions } from './message-options.ts'
import type { HandlerData, HandlerReply, Known, MessageSchema, ReturnedReply, WireData, WireReply } from './schema-types.ts'

/** Where the types of a route live; it has no value. */
declare const routeTypes: unique symbol

/** What `app.message()` returns: the type it serves, and for the compiler what travels both ways. */
export interface MessageRoute<Type extends string = string, Data = unknown, Reply = unknown, Idempotent extends boolean = boolean> {
  /** The full type, with the `messagePrefix` of the scope. */
  readonly type: Type
  readonly [routeTypes]: { readonly data: Data, readonly reply: Reply, readonly idempotent: Idempotent }
}

/**
 * Registers the handler of a message type. The types of `data` and of the reply come from the schemas by the scope's
 * type provider. Without a schema they come from the handler: annotate its context, `({ data }: MessageContext<Sum>) => …`.
 * @throws {FRT_ERR_MESSAGE_DUPLICATE | FRT_ERR_MESSAGE_RESERVED | FRT_ERR_MESSAGE_OPTION}
 */
export interface MessageMethod<Provider extends FastifyTypeProvider = FastifyTypeProviderDefault> {
  <const Type extends string, Data, Returned> (
    type: Type,
    handler: MessageHandler<Data, Returned>
  ): MessageRoute<Type, Data, ReturnedReply<Returned>, false>

  <
    const Type extends string, const Schema extends MessageSchema, Data, Returned extends HandlerReply<Provider, Schema> | Replied,
    Idempotent extends boolean = false
  > (
    type: Type,
    options: MessageOptions<Schema, Idempotent>,
    handler: MessageHandler<Known<HandlerData<Provider, Schema>, Data>, Returned, HandlerReply<Provider, Schema>>
  ): MessageRoute<Type, Known<WireData<Provider, Schema>, Data>, WireReply<Provider, Schema, Returned>, Idempotent>
}

type Returned<Source> = Source extends (...args: never[]) => infer Result ? Awaited<Result> : Source
type Items<Source> = Source extends MessageRoute ? Source : Source extends readonly (infer Item)[] ? Item : Source[keyof Source]

/**
 * The message routes of an app as a type for the client: `{ 'chat.send': { data, reply, idempotent } }`. `Source` is a route, a
 * list or record of routes, or a plugin function that returns one of them. `Prefix` is the `messagePrefix` that the
 * plugin is registered with.
 */
export type RoutesOf<Source, Prefix extends string = ''> = {
  readonly [Route in Extract<Items<Returned<Source>>, MessageRoute> as `${Prefix}${Route['type']}`]: Route[typeof routeTypes]
}
