import { Emitter } from '@fastify-realtime/protocol'
import type { CloseReason } from '@fastify-realtime/protocol'
import type { Connection, ConnectionPoolEvents } from '@fastify-realtime/connection-pool'
import type { ConnectionHost } from '../src/local-node.ts'

/** Lets everything settle that needs no time. */
export async function turns (): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise(setImmediate)
}

/** What the cluster needs of a pool, with connections that only remember their end. */
export class FakePool implements ConnectionHost {
  readonly connections = new Map<string, Connection>()
  readonly closed: Array<readonly [id: string, reason: CloseReason]> = []

  readonly #events = new Emitter<ConnectionPoolEvents>((error) => { throw error })

  on<Name extends keyof ConnectionPoolEvents> (event: Name, listener: ConnectionPoolEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  get size (): number { return this.connections.size }
  get (id: string): Connection | undefined { return this.connections.get(id) }
  [Symbol.iterator] (): Iterator<Connection> { return this.connections.values() }

  byPrincipal (id: string): Connection[] {
    return [...this].filter((connection) => connection.principal?.id === id)
  }

  add (id: string, principal: string | null, address = '10.0.0.1', route = '/ws'): Connection {
    const connection = {
      id,
      principal: principal === null ? null : { id: principal },
      address,
      route,
      openedAt: 7,
      pressure: 0,
      close: (reason: CloseReason) => {
        this.connections.delete(id)
        this.closed.push([id, reason])
        this.#events.emit('close', connection as unknown as Connection, {} as never)
      }
    }
    this.connections.set(id, connection as unknown as Connection)
    this.#events.emit('open', connection as unknown as Connection)
    return connection as unknown as Connection
  }
}
