import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Message } from '@fastify-realtime/protocol'
import type { FailureBody } from './failure-body.ts'

/** What subscribers of the tracing channel `fastify-realtime:message` see: one message from its arrival to its answer. */
export interface MessageTrace {
  readonly type: string
  readonly id?: string
  readonly connection: Connection
  /** Why it was refused; set before the end. */
  failure?: FailureBody
}

export const messageChannel: TracingChannel<unknown, MessageTrace> = tracingChannel('fastify-realtime:message')

/** Runs a message under the eyes of the subscribers. */
export function traced (connection: Connection, { id, type }: Message, run: (trace: MessageTrace) => void | Promise<void>): Promise<void> {
  const trace: MessageTrace = { type, connection, ...(id !== undefined && { id }) }
  return messageChannel.tracePromise(async () => run(trace), trace)
}
