import { checkPluginOptionNames } from '@fastify-realtime/protocol'
import type { Broker } from './contract.ts'
import { BrokerOptionError } from './errors.ts'
import type { GuardOptions } from './guard/guard-options.ts'

export interface BrokerOptions {
  /** How nodes talk. Default: `memoryBroker()`, one node. */
  readonly use?: Broker
  /** Deadlines, bounds and a circuit breaker around it; `false` turns them off. Default: see `GuardOptions`. */
  readonly guard?: GuardOptions | false
}

export function resolveOptions (options: BrokerOptions): Readonly<BrokerOptions> {
  checkPluginOptionNames('broker', options, { use: true, guard: true })
  const { use } = options
  if (use !== undefined && typeof use.publish !== 'function') {
    throw new BrokerOptionError('use', 'a broker', 'something without publish()', 'Pass what memoryBroker(), redisBroker(), … give you.')
  }
  return Object.freeze({ ...options })
}
