import { randomUUID } from 'node:crypto'
import { systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import type { Broker, HistoryLimits, PublishResult } from './contract.ts'
import { guard } from './guard/guard.ts'
import type { GuardOptions } from './guard/guard-options.ts'

export interface PublisherOptions {
  /** The broker of the app's nodes. The publisher starts and stops it. */
  readonly broker: Broker
  /**
   * The history limits of a topic: MUST say the same as the `topics` option of the nodes' broadcast plugin.
   * `undefined` means that the topic has no history. Default: no topic has.
   */
  readonly history?: (topic: string) => HistoryLimits | undefined
  /** Milliseconds within which the same `id` publishes once. Default 300,000. */
  readonly idempotencyWindow?: number
  /** Deadlines and bounds, as of the `broker` plugin; `false` turns them off. */
  readonly guard?: GuardOptions | false
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

export interface PublisherDetails {
  /** Idempotency id of 1–64 bytes. Default: a new one. */
  readonly id?: string
  /** A publication whose version is not above the last one of the topic is not published. */
  readonly version?: number
}

/** Publishes to subscribers from a process that has no sockets: a worker, a cron job, another service. */
export interface Publisher {
  /** @throws {BrokerUnavailableError} (rejects) when the broker cannot carry it now; repeat it with the same `id`. */
  publish (topic: string, event: string, data?: unknown, details?: PublisherDetails): Promise<PublishResult & { readonly id: string }>
  /** Settles when everything accepted is carried. */
  stop (): Promise<void>
}

/** A publisher subscribes to nothing, and learns of an outage by its publications. */
const ignore = (): void => {}

/** Settles when the broker is started. */
export async function createPublisher (options: PublisherOptions): Promise<Publisher> {
  const { history = () => undefined, idempotencyWindow = 300_000, clock = systemClock } = options
  const broker = options.guard === false ? options.broker : guard(options.broker, options.guard)
  await broker.start({ deliver: ignore, state: ignore })
  return {
    async publish (topic, event, data, details = {}) {
      const { id = randomUUID(), version } = details
      const limits = history(topic)
      const result = await broker.publish({
        channel: 'topics',
        topic,
        event,
        id,
        time: clock.time(),
        payload: JSON.stringify(data) ?? 'null',
        ...version !== undefined && { version }
      }, {
        ...limits !== undefined && { history: limits },
        ...details.id !== undefined && { dedupe: idempotencyWindow }
      })
      return { id, ...result }
    },
    stop: () => broker.stop()
  }
}
