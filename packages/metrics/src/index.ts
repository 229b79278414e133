import type { MetricsRegistry } from './registry.ts'

export { MetricsOptionError } from './errors.ts'
export type { MetricsHook, MetricsOptions } from './options.ts'
export { metrics, metrics as default } from './plugin.ts'
export type { MetricsRegistry } from './registry.ts'

/** `app.realtimeMetrics` */
export interface RealtimeMetrics {
  /** Holds every metric; add your own. */
  readonly registry: MetricsRegistry
}

declare module 'fastify' {
  interface FastifyInstance {
    realtimeMetrics: RealtimeMetrics
  }
}
