import type { Clock, CloseReason, Timer } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { ConnectionHost } from '../src/local-node.ts'

interface Entry {
  readonly at: number
  readonly callback: () => void
}

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #now = 0
  readonly #entries = new Set<Entry>()

  get timers (): number { return this.#entries.size }

  now (): number { return this.#now }
  time (): number { return 1_700_000_000_000 + this.#now }

  setTimeout (callback: () => void, delay: number): Timer {
    const entry = { at: this.#now + delay, callback }
    this.#entries.add(entry)
    return entry
  }

  clearTimeout (timer: Timer): void {
    this.#entries.delete(timer as Entry)
  }

  /** Lets promises settle before and after each timer. */
  async pass (ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await turns()
      const next = [...this.#entries].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#now = Math.max(this.#now, next.at)
      this.#entries.delete(next)
      next.callback()
    }
    this.#now = end
  }
}

/** Lets everything settle that needs no time. */
export async function turns (): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise(setImmediate)
}

/** What the cluster needs of a pool, with connections that only remember their end. */
export class FakePool implements ConnectionHost {
  readonly connections = new Map<string, Connection>()
  readonly closed: Array<readonly [id: string, reason: CloseReason]> = []

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
      }
    }
    this.connections.set(id, connection as unknown as Connection)
    return connection as unknown as Connection
  }
}
