/** Where the types of a route live; it has no value. */
declare const routeTypes: unique symbol

/** What `app.message()` returns: the type it serves, and for the compiler what travels both ways. */
export interface MessageRoute<Type extends string = string, Data = unknown, Reply = unknown> {
  /** The full type, with the `messagePrefix` of the scope. */
  readonly type: Type
  readonly [routeTypes]: { readonly data: Data, readonly reply: Reply }
}

type Returned<Source> = Source extends (...args: never[]) => infer Result ? Awaited<Result> : Source
type Items<Source> = Source extends MessageRoute ? Source : Source extends readonly (infer Item)[] ? Item : Source[keyof Source]

/**
 * The message routes of an app as a type for the client: `{ 'chat.send': { data, reply } }`. `Source` is a route, a
 * list or record of routes, or a plugin function that returns one of them. `Prefix` is the `messagePrefix` that the
 * plugin is registered with.
 */
export type RoutesOf<Source, Prefix extends string = ''> = {
  readonly [Route in Extract<Items<Returned<Source>>, MessageRoute> as `${Prefix}${Route['type']}`]: Route[typeof routeTypes]
}
