import type { FastifyInstance } from 'fastify'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import type { Codec } from '@fastify-realtime/protocol'
import { MessageSchemaError } from './errors.ts'

/** Sends one reply. Throws when the data cannot be serialised, and has then sent nothing. */
export type SendReply = (connection: Connection, id: string, data: unknown) => void

/** A reply without a schema: the codec encodes all of it. */
export const sendPlain: SendReply = (connection, id, data) => {
  connection.sendEnvelope({ type: 'reply', id, data })
}

/**
 * A reply with a schema, which also decides what is left out; compiled with the scope's own compiler, custom ones included.
 * @throws {FRT_ERR_MESSAGE_SCHEMA}
 */
export function sendSerialized (pool: ConnectionPool, scope: FastifyInstance, type: string, schema: unknown): SendReply {
  const serialize = compile(scope, type, schema)
  return (connection, id, data) => {
    if (data === undefined) return sendPlain(connection, id, data)
    // There: without one, no messages come.
    const codec = connection.codec as Codec
    connection.send(pool.frame(codec, codec.encodeReply(id, serialize(data))))
  }
}

function compile (scope: FastifyInstance, type: string, schema: unknown): (data: unknown) => string {
  const compiler = scope.serializerCompiler
  if (compiler === undefined) throw new MessageSchemaError('reply', type, 'the routes of its scope are built already')
  try {
    return compiler({ schema, method: 'POST', url: type, httpStatus: '200' })
  } catch (cause) {
    throw Object.assign(new MessageSchemaError('reply', type, (cause as Error).message), { cause })
  }
}
