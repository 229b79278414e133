import type { Heartbeat } from './heartbeat.ts'

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
