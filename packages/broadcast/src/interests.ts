import { overTurns } from './over-turns.ts'

/** The part of the broker that interests need. */
export interface InterestBroker {
  subscribe (topic: string): Promise<void>
  unsubscribe (topic: string): Promise<void>
}

/** Whether the broker delivers a topic to this node. */
export interface Interests {
  /** Wants the topic. `undefined` when it stands already; else settles when it stands, or rejects with the broker's error. */
  hold (topic: string): Promise<void> | undefined
  /** Wants it no longer. */
  drop (topic: string): void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What is being done about a topic, and for whom. */
interface Work {
  wanted: boolean
  waiters: Waiter[]
}

/**
 * Keeps what the broker delivers in step with what the node wants, one call at a time per topic: a subscribe that
 * overtook the unsubscribe before it would leave subscribers without publications.
 */
export class SerialInterests implements Interests {
  readonly #broker: InterestBroker
  readonly #failed: (error: unknown, topic: string) => void
  /** Names alone: there are as many as topics, and most of them rest. */
  readonly #standing = new Set<string>()
  readonly #working = new Map<string, Work>()

  /** @param failed is told when an unsubscribe fails: then records come that nobody wants, which harms nobody. */
  constructor (broker: InterestBroker, failed: (error: unknown, topic: string) => void) {
    this.#broker = broker
    this.#failed = failed
  }

  /** What is kept: a topic that stands and is being worked on counts twice. */
  get size (): number { return this.#standing.size + this.#working.size }

  hold (topic: string): Promise<void> | undefined {
    const work = this.#working.get(topic)
    if (work === undefined && this.#standing.has(topic)) return undefined
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      if (work === undefined) return this.#begin(topic, { wanted: true, waiters: [waiter] })
      work.wanted = true
      work.waiters.push(waiter)
    })
  }

  drop (topic: string): void {
    const work = this.#working.get(topic)
    if (work !== undefined) work.wanted = false
    else if (this.#standing.has(topic)) this.#begin(topic, { wanted: false, waiters: [] })
  }

  #begin (topic: string, work: Work): void {
    this.#working.set(topic, work)
    void this.#settle(topic, work)
  }

  async #settle (topic: string, work: Work): Promise<void> {
    while (work.wanted !== this.#standing.has(topic)) {
      if (work.wanted) await this.#subscribe(topic, work)
      else await this.#unsubscribe(topic)
    }
    this.#working.delete(topic)
    // Whoever still waits has dropped the topic meanwhile and finds that out by itself.
    for (const waiter of work.waiters) waiter.resolve()
  }

  async #subscribe (topic: string, work: Work): Promise<void> {
    const waiters = work.waiters
    work.waiters = []
    try {
      await this.#broker.subscribe(topic)
      this.#standing.add(topic)
      overTurns(waiters, ({ resolve }) => resolve())
    } catch (error) {
      // No retry here: whoever wanted it is told, and asks again when it likes.
      work.wanted = false
      overTurns([...waiters, ...work.waiters.splice(0)], ({ reject }) => reject(error))
    }
  }

  async #unsubscribe (topic: string): Promise<void> {
    try {
      await this.#broker.unsubscribe(topic)
    } catch (error) {
      this.#failed(error, topic)
    }
    this.#standing.delete(topic)
  }
}
