import type { Position } from '@fastify-realtime/protocol'

/** A topic, and the newest position of it that this node knows. */
export interface Known {
  readonly channel: string
  readonly topic: string
  readonly position: Position
}

/**
 * The newest position of each topic that this node published, received or read. Redis may come back from a crash, or from a
 * failover, with less than it had acknowledged; whoever remembers more can tell.
 */
export class Acknowledged {
  // Two halves: when the newer one is full, the older one goes.
  #newer = new Map<string, Known>()
  #older = new Map<string, Known>()
  readonly #half: number

  /** @param max how many topics are remembered at most; those not heard of for longest go first. */
  constructor (max: number) {
    this.#half = Math.ceil(max / 2)
  }

  note (channel: string, topic: string, position: Position): void {
    const key = `${channel}|${topic}`
    const known = this.#newer.get(key) ?? this.#older.get(key)
    // Replies and deliveries come over two connections, so the newest need not come last.
    const behind = known?.position.epoch === position.epoch && known.position.offset >= position.offset
    this.#older.delete(key)
    this.#newer.set(key, known !== undefined && behind ? known : { channel, topic, position })
    if (this.#newer.size < this.#half) return
    this.#older = this.#newer
    this.#newer = new Map()
  }

  all (): Known[] {
    return [...this.#older.values(), ...this.#newer.values()]
  }
}
