import type { RequestOptions } from './requests.ts'

interface Route {
  readonly data: unknown
  readonly reply: unknown
  /** Whether it may be handled twice without harm; only then does a request with `resend: true` compile. */
  readonly idempotent?: boolean
}

/** The message types of a server: `{ 'chat.send': { data: …, reply: …, idempotent?: true } }`. An interface works, too. */
export type RouteMap<Routes> = { readonly [Type in keyof Routes]: Route }

/** Any type, any data: what a client has that was not told the server's routes. It has to know itself what to resend. */
export type AnyRoutes = Record<string, { readonly data: unknown, readonly reply: unknown, readonly idempotent: true }>

/** The data of the publications of an app by their event name: `{ 'chat.message': { text: string } }`. */
export type AnyEvents = Record<string, unknown>

export type TypeOf<Routes> = keyof Routes & string
export type DataOf<Routes, Type extends keyof Routes> = Routes[Type] extends { readonly data: infer Data } ? Data : never
export type ReplyOf<Routes, Type extends keyof Routes> = Routes[Type] extends { readonly reply: infer Reply } ? Reply : never

/** What a request of this type may be asked with. */
export type OptionsOf<Routes, Type extends keyof Routes> = Routes[Type] extends { readonly idempotent: true }
  ? RequestOptions
  : RequestOptions & { readonly resend?: false }

/** The arguments after the type: data may be left out where the route allows `undefined`. */
export type CallArguments<Data, Options> = undefined extends Data
  ? [data?: Data, options?: Options]
  : [data: Data, options?: Options]
