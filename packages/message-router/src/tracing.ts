import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import type { Connection } from '@fastify-realtime/connection-pool'
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
