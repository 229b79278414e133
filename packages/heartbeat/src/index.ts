import type { Heartbeat } from './heartbeat.ts'
import type { RouteHeartbeat } from './monitor.ts'

export { HeartbeatOptionError } from './errors.ts'
export type { Heartbeat, HeartbeatEvents } from './heartbeat.ts'
export type { RouteHeartbeat } from './monitor.ts'
export type { Beat, HeartbeatOptions } from './options.ts'
export { heartbeat, heartbeat as default } from './plugin.ts'
export type { RoundTripSnapshot } from './round-trips.ts'

declare module 'fastify' {
  interface FastifyInstance {
    heartbeat: Heartbeat
  }
}

declare module '@fastify-realtime/connection-pool' {
  interface RealtimeRouteConfig {
    /** The beat of this route's connections, or `false` for none. Default: the heartbeat plugin's options. */
    readonly heartbeat?: RouteHeartbeat
  }
}
