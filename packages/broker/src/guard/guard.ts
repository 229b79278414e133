import type { Broker } from '../contract.ts'
import { resolveGuardOptions } from './guard-options.ts'
import type { GuardOptions } from './guard-options.ts'
import { GuardedBroker } from './guarded-broker.ts'

/**
 * Puts deadlines, bounds and a circuit breaker around a broker. The `broker` plugin does it for you.
 * @throws FRT_ERR_BROKER_OPTION
 */
export function guard (broker: Broker, options: GuardOptions = {}): Broker {
  return new GuardedBroker(broker, resolveGuardOptions(options))
}
