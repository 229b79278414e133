import { tracingChannel } from 'node:diagnostics_channel'
import type { TracingChannel } from 'node:diagnostics_channel'

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
