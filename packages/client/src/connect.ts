import { RealtimeClient } from './client.ts'
import type { ClientOptions } from './options.ts'
import type { AnyEvents, AnyRoutes, RouteMap } from './routes.ts'

/**
 * Makes a client, which starts connecting. `Routes` are the server's message types, `Events` the data of its publications.
 * @throws {TypeError} when an option is wrong or the platform has no WebSocket
 */
export function connect<Routes extends RouteMap<Routes> = AnyRoutes, Events = AnyEvents> (
  url: string, options?: ClientOptions
): RealtimeClient<Routes, Events> {
  return new RealtimeClient<Routes, Events>(url, options)
}
