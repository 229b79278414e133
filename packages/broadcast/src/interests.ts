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

interface Interest {
  wanted: boolean
  standing: boolean
  busy: boolean
  /** Absent while nobody waits: there are as many of these as topics. */
  waiters: Waiter[] | undefined
}

/**
 * Keeps what the broker delivers in step with what the node wants, one call at a time per topic: a subscribe that
 * overtook the unsubscribe before it would leave subscribers without publications.
 */
export class SerialInterests implements Interests {
  readonly #broker: InterestBroker
  readonly #failed: (error: unknown, topic: string) => void
  readonly #interests = new Map<string, Interest>()

  /** @param failed is told when an unsubscribe fails: then records come that nobody wants, which harms nobody. */
  constructor (broker: InterestBroker, failed: (error: unknown, topic: string) => void) {
    this.#broker = broker
    this.#failed = failed
  }

  get size (): number { return this.#interests.size }

  hold (topic: string): Promise<void> | undefined {
    const interest = this.#open(topic)
    interest.wanted = true
    if (interest.standing && !interest.busy) return undefined
    return new Promise((resolve, reject) => {
      interest.waiters ??= []
      interest.waiters.push({ resolve, reject })
      if (!interest.busy) void this.#settle(topic, interest)
    })
  }

  drop (topic: string): void {
    const interest = this.#interests.get(topic)
    if (interest === undefined) return
    interest.wanted = false
    if (!interest.busy) void this.#settle(topic, interest)
  }

  #open (topic: string): Interest {
    let interest = this.#interests.get(topic)
    if (interest === undefined) {
      interest = { wanted: true, standing: false, busy: false, waiters: undefined }
      this.#interests.set(topic, interest)
    }
    return interest
  }

  async #settle (topic: string, interest: Interest): Promise<void> {
    interest.busy = true
    while (interest.wanted !== interest.standing) {
      if (interest.wanted) await this.#begin(topic, interest)
      else await this.#end(topic, interest)
    }
    interest.busy = false
    // Whoever still waits has dropped the topic meanwhile and finds that out by itself.
    for (const waiter of take(interest)) waiter.resolve()
    if (!interest.standing) this.#interests.delete(topic)
  }

  async #begin (topic: string, interest: Interest): Promise<void> {
    const waiters = take(interest)
    try {
      await this.#broker.subscribe(topic)
      interest.standing = true
      for (const waiter of waiters) waiter.resolve()
    } catch (error) {
      // No retry here: whoever wanted it is told, and asks again when it likes.
      interest.wanted = false
      for (const waiter of [...waiters, ...take(interest)]) waiter.reject(error)
    }
  }

  async #end (topic: string, interest: Interest): Promise<void> {
    try {
      await this.#broker.unsubscribe(topic)
    } catch (error) {
      this.#failed(error, topic)
    }
    interest.standing = false
  }
}

function take (interest: Interest): Waiter[] {
  const { waiters = [] } = interest
  interest.waiters = undefined
  return waiters
}
