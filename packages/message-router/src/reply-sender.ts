import type { FastifyInstance } from 'fastify'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import { MessageSchemaError } from './errors.ts'

/** Sends one reply. Throws when the data cannot be serialised, and has then sent nothing. */
export type SendReply = (connection: Connection, id: string, data: unknown) => void

type Serialize = (data: unknown) => string

/** A reply without a schema: the codec encodes all of it. */
export const sendPlain: SendReply = (connection, id, data) => {
  connection.sendEnvelope(data === undefined ? { type: 'reply', id } : { type: 'reply', id, data })
}

/** A reply with a schema, which also decides what is left out. */
export function sendSerialized (pool: ConnectionPool, serialize: Serialize): SendReply {
  return (connection, id, data) => {
    const { codec } = connection
    if (data === undefined) return sendPlain(connection, id, data)
    const json = serialize(data)
    if (codec?.subprotocol === 'realtime.v1.json') {
      // The schema made JSON already: parsing it only to encode it again would cost more than the rest of the reply.
      connection.send(pool.frame(codec, `{"type":"reply","id":${JSON.stringify(id)},"data":${json}}`))
    } else {
      sendPlain(connection, id, JSON.parse(json))
    }
  }
}

/**
 * Compiles with the scope's own compiler, custom ones included.
 * @throws {FRT_ERR_MESSAGE_SCHEMA}
 */
export function compileReply (scope: FastifyInstance, type: string, schema: unknown): Serialize {
  const compiler = scope.serializerCompiler
  if (compiler === undefined) throw new MessageSchemaError('reply', type, 'the routes of its scope are built already')
  try {
    return compiler({ schema, method: 'POST', url: type, httpStatus: '200' })
  } catch (cause) {
    throw Object.assign(new MessageSchemaError('reply', type, (cause as Error).message), { cause })
  }
}
