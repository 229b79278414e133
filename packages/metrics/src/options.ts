import { checkPluginOptionNames } from '@fastify-realtime/protocol'
import type { onRequestAsyncHookHandler, onRequestHookHandler } from 'fastify'
import { Registry } from 'prom-client'
import { MetricsOptionError } from './errors.ts'
import type { MetricsRegistry } from './registry.ts'

export type MetricsHook = onRequestHookHandler | onRequestAsyncHookHandler

export interface MetricsOptions {
  /** Where the metrics go, such as prom-client's own `register`. Default: a registry of its own. */
  readonly registry?: MetricsRegistry
  /** The route that shows the registry to Prometheus; `false` makes none. Default `/metrics`. */
  readonly path?: string | false
  /** Hooks of that route, for instance to ask for a credential. Default: none, everybody may read. */
  readonly onRequest?: MetricsHook | MetricsHook[]
  /** What every name begins with. Default `realtime_`. */
  readonly prefix?: string
}

export interface ResolvedMetricsOptions {
  readonly registry: MetricsRegistry
  readonly path: string | false
  readonly onRequest: MetricsHook[]
  readonly prefix: string
}

export const defaults: Readonly<{ path: string, prefix: string }> = Object.freeze({ path: '/metrics', prefix: 'realtime_' })

/** @throws {MetricsOptionError} when a value cannot work. */
export function resolveOptions (options: MetricsOptions = {}): ResolvedMetricsOptions {
  checkPluginOptionNames('metrics', options, { ...defaults, registry: true, onRequest: true })
  const { path = defaults.path, prefix = defaults.prefix, registry = new Registry(), onRequest = [] } = options
  if (path !== false && !(typeof path === 'string' && path.startsWith('/'))) {
    throw new MetricsOptionError(`path must begin with "/", got ${String(path)}; false makes no route`)
  }
  if (typeof prefix !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(prefix)) {
    throw new MetricsOptionError(`prefix must be letters, digits and "_", got ${String(prefix)}; it begins every metric's name`)
  }
  if (typeof registry.registerMetric !== 'function' || typeof registry.metrics !== 'function') {
    throw new MetricsOptionError('registry must have registerMetric() and metrics(); pass a Registry of prom-client')
  }
  return Object.freeze({ path, prefix, registry, onRequest: [onRequest].flat() })
}
