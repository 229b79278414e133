import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import type { ConnectionFilter, ConnectionSummary } from './contract.ts'
import type { Answer, Question } from './control.ts'

/** What of the broadcast plugin a node asks. */
export interface TopicHost {
  subscribers (topic: string): Iterable<Connection>
  topics (): ReadonlyArray<{ readonly topic: string, readonly subscribers: number }>
}

/** What of the pool a node asks. */
export type ConnectionHost = Pick<ConnectionPool, 'get' | 'byPrincipal' | typeof Symbol.iterator>

/** Answers questions about the connections of this node. */
export class LocalNode {
  readonly #id: string
  readonly #pool: ConnectionHost
  /** Absent without the broadcast plugin; nobody is subscribed to anything then. */
  topics: TopicHost | undefined

  constructor (id: string, pool: ConnectionHost) {
    this.#id = id
    this.#pool = pool
  }

  answer (question: Question): Answer {
    if (question.kind === 'topics') return this.#topics(question.limit)
    if (question.kind === 'connections') return this.#connections(question.filter, question.limit)
    // First all, then the closing: a close takes its connection out of what is being read.
    const connections = [...this.#matching(question.filter)]
    for (const connection of connections) connection.close(question.reason)
    return { count: connections.length, connections: [], topics: [] }
  }

  #connections (filter: ConnectionFilter, limit: number): Answer {
    const connections: ConnectionSummary[] = []
    let count = 0
    for (const connection of this.#matching(filter)) {
      if (++count <= limit) connections.push(this.#summary(connection))
    }
    return { count, connections, topics: [] }
  }

  #topics (limit: number): Answer {
    const all = [...this.topics?.topics() ?? []].map(({ topic, subscribers }) => ({ topic, subscribers }))
    return { count: all.length, connections: [], topics: all.sort((a, b) => b.subscribers - a.subscribers).slice(0, limit) }
  }

  * #matching (filter: ConnectionFilter): Generator<Connection> {
    if (filter.node !== undefined && filter.node !== this.#id) return
    for (const connection of this.#candidates(filter)) {
      // It has been told to go already, and only its close handshake is left.
      if (connection.state === 'closing') continue
      if (filter.id !== undefined && connection.id !== filter.id) continue
      if (filter.principal !== undefined && connection.principal?.id !== filter.principal) continue
      if (filter.address !== undefined && connection.address !== filter.address) continue
      if (filter.route !== undefined && connection.route !== filter.route) continue
      yield connection
    }
  }

  /** The smallest known set that holds all matches. */
  #candidates ({ id, principal, topic }: ConnectionFilter): Iterable<Connection> {
    if (topic !== undefined) return this.topics?.subscribers(topic) ?? []
    if (principal !== undefined) return this.#pool.byPrincipal(principal)
    if (id === undefined) return this.#pool
    const connection = this.#pool.get(id)
    return connection === undefined ? [] : [connection]
  }

  #summary ({ id, principal, address, route, openedAt, pressure }: Connection): ConnectionSummary {
    return { id, node: this.#id, principal: principal?.id ?? null, address, route, openedAt, pressure }
  }
}
