import { tracingChannel } from 'node:diagnostics_channel'
import type { TracingChannel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

/** What subscribers of the tracing channel `fastify-realtime:upgrade` see: one upgrade from its arrival to its answer. */
export interface UpgradeTrace {
  /** Its URL may hold a credential. */
  readonly request: IncomingMessage
  /** The URL pattern of the WebSocket route, unless there is none; set before the end. */
  route?: string
  /** 101, or what it was refused with; set before the end, unless the socket ended without an answer of Fastify's. */
  statusCode?: number
}

export type UpgradeEnd = (route: string | undefined, statusCode: number | undefined) => void

export const upgradeChannel: TracingChannel<unknown, UpgradeTrace> = tracingChannel('fastify-realtime:upgrade')

/** Runs an upgrade under the eyes of the subscribers. */
export function traced (request: IncomingMessage, run: (ended: UpgradeEnd) => void): Promise<void> {
  const trace: UpgradeTrace = { request }
  return upgradeChannel.tracePromise(() => new Promise<void>((resolve) => {
    run((route, statusCode) => {
      if (route !== undefined) trace.route = route
      if (statusCode !== undefined) trace.statusCode = statusCode
      resolve()
    })
  }), trace)
}
