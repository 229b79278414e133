import type { Broker } from './contract.ts'
import { BrokerOptionError } from './errors.ts'

export interface BrokerOptions {
  /** How nodes talk. Default: `memoryBroker()`, one node. */
  readonly use?: Broker
}

export function resolveOptions (options: BrokerOptions): Readonly<BrokerOptions> {
  const { use } = options
  if (use !== undefined && typeof use.publish !== 'function') {
    throw new BrokerOptionError('use', 'a broker', typeof use, 'Pass what memoryBroker(), redisBroker(), … give you.')
  }
  return Object.freeze({ ...options })
}
