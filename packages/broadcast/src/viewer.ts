import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Connection } from '@fastify-realtime/connection-pool'

/** Who looks at a publication. */
export interface Viewer {
  readonly connection: Connection
  /** The id that the connection had before it reconnected: `except` still means it. */
  readonly former: string | undefined
}

/** Whether the record must not reach this connection. */
export function isExcepted ({ connection, former }: Viewer, { except }: BrokerRecord): boolean {
  return except !== undefined && (except === connection.id || except === former)
}
