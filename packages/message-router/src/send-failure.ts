import type { Connection } from '@fastify-realtime/connection-pool'
import type { FailureBody } from './failure-body.ts'

/** A message without an id is told of its failure too, without one. */
export function sendFailure (connection: Connection, id: string | undefined, { code, message, retry, details }: FailureBody): void {
  connection.sendEnvelope({
    type: 'failure',
    ...(id !== undefined && { id }),
    code,
    message,
    retry,
    ...(details !== undefined && { details })
  })
}
