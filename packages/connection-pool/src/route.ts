import type { FastifyRequest, RouteOptions } from 'fastify'
import type { EndpointSettings } from './endpoint.ts'

/** Where a WebSocket route's settings are kept in its config, out of everybody's way. */
const settings: unique symbol = Symbol('fastify-realtime.endpoint')

export function setEndpoint (route: RouteOptions, endpoint: EndpointSettings): void {
  route.config = Object.assign({}, route.config, { [settings]: endpoint })
}

/** The settings of the WebSocket route that the request is for; `undefined` when it is for another kind of route. */
export function findEndpoint (request: Pick<FastifyRequest, 'routeOptions'>): EndpointSettings | undefined {
  return (request.routeOptions.config as { readonly [settings]?: EndpointSettings })[settings]
}
