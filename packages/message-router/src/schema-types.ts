import type { FastifyTypeProvider } from 'fastify'
import type { Replied } from './message-context.ts'

/** The schemas of one message type, in the language of the scope's compilers (JSON Schema unless it says otherwise). */
export interface MessageSchema {
  /** Checks `data` before the handler; a message that breaks it gets the failure `invalid-data`. */
  readonly data?: unknown
  /** Serialises the reply: what it does not name is not sent. */
  readonly reply?: unknown
}

type Validated<Provider extends FastifyTypeProvider, Schema> = (Provider & { schema: Schema })['validator']
type Serialized<Provider extends FastifyTypeProvider, Schema> = (Provider & { schema: Schema })['serializer']

/** What travels: the input of a Standard Schema (Zod, Valibot, …), otherwise what the provider says. */
type OnWire<Provider extends FastifyTypeProvider, Schema> =
  Schema extends { readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined } }
    ? Input
    : Serialized<Provider, Schema>

/** How a value without a schema looks after `JSON.stringify` and `JSON.parse`. */
export type Jsonify<Value> =
  unknown extends Value ? unknown
    : Value extends { toJSON (): infer Json } ? Jsonify<Json>
      : Value extends string | number | boolean | null | undefined ? Value
        : Value extends void ? undefined
          : Value extends ((...args: never[]) => unknown) | symbol ? undefined
            : Value extends bigint ? never
              : Value extends readonly unknown[] ? { [Index in keyof Value]: Jsonify<Value[Index]> }
                : { [Key in keyof Value as Key extends symbol ? never : Key]: Jsonify<Value[Key]> }

/** The reply of a handler without a reply schema. */
export type ReturnedReply<Returned> =
  [Exclude<Returned, Replied>] extends [never] ? unknown : Jsonify<Exclude<Returned, Replied>>

/** What a schema says, or else what the handler says. */
export type Known<Said, Otherwise> = unknown extends Said ? Otherwise : Said

/** The type of `data` in the handler. */
export type HandlerData<Provider extends FastifyTypeProvider, Schema extends MessageSchema> =
  Schema extends { readonly data: infer Data } ? Validated<Provider, Data> : unknown

/** What a handler may give to `reply()`. */
export type HandlerReply<Provider extends FastifyTypeProvider, Schema extends MessageSchema> =
  Schema extends { readonly reply: infer Reply } ? Serialized<Provider, Reply> : unknown

/** The type of `data` for the client that sends it. */
export type WireData<Provider extends FastifyTypeProvider, Schema extends MessageSchema> =
  Schema extends { readonly data: infer Data } ? OnWire<Provider, Data> : unknown

/** The type of the reply for the client that gets it. */
export type WireReply<Provider extends FastifyTypeProvider, Schema extends MessageSchema, Returned> =
  Schema extends { readonly reply: infer Reply }
    ? Known<OnWire<Provider, Reply>, ReturnedReply<Returned>>
    : ReturnedReply<Returned>
