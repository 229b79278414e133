import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import type { TracingChannel } from 'node:diagnostics_channel'
import type { BrokerRecord } from '@fastify-realtime/broker'

/** What subscribers of `fastify-realtime:publish` see. What they set as `trace` at the start travels with the publication. */
export interface PublishTrace {
  readonly topic: string
  readonly event: string
  readonly id: string
  trace?: string
}

/** What subscribers of `fastify-realtime:deliver` see. */
export interface DeliverTrace {
  readonly topic: string
  readonly event: string
  readonly id: string
  readonly trace?: string
}

export const publishChannel: TracingChannel<unknown, PublishTrace> = tracingChannel('fastify-realtime:publish')
export const deliverChannel: TracingChannel<unknown, DeliverTrace> = tracingChannel('fastify-realtime:deliver')

/** A delivery as tracers see it. */
export interface DeliverSpan {
  /** Does a part of it in the context that tracers made at its start. */
  readonly run: (part: () => void) => void
  readonly end: () => void
}

/** Begins a delivery before the eyes of tracers; `undefined` when there are none. */
export function deliverSpan ({ topic, event, id, trace }: BrokerRecord): DeliverSpan | undefined {
  if (!deliverChannel.hasSubscribers) return undefined
  const context: DeliverTrace = { topic, event, id, ...(trace !== undefined && { trace }) }
  const end = (): void => deliverChannel.end.publish(context)
  return deliverChannel.start.runStores(context, () => ({ run: AsyncLocalStorage.snapshot(), end }))
}
