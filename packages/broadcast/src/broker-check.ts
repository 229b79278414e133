import type { SharedBroker } from '@fastify-realtime/broker'
import { BroadcastOptionError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'

/**
 * Refuses a broker that cannot do what the topics need: at boot, and not with the first publication.
 * @throws what `require` throws, and FRT_ERR_BROADCAST_OPTION
 */
export function checkBroker (broker: Pick<SharedBroker, 'name' | 'patterns' | 'require'>, { topics }: ResolvedOptions): void {
  const keeping = topics.find(({ keep }) => keep !== undefined)
  if (keeping !== undefined) broker.require('history', `broadcast (topics['${keeping.pattern}'])`)
  const wildcard = topics.find((settings) => settings.wildcard)
  if (wildcard === undefined || broker.patterns) return
  throw new BroadcastOptionError(`topics['${wildcard.pattern}'].wildcard`, 'left out', 'true', `The ${broker.name} broker knows no patterns.`)
}
