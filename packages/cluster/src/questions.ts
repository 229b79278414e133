import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { Answer } from './control.ts'

export interface Answers {
  readonly answers: readonly Answer[]
  /** Who did not answer in time. */
  readonly missing: readonly string[]
}

interface Open {
  readonly waiting: Set<string>
  readonly answers: Answer[]
  readonly timer: Timer
  readonly resolve: (answers: Answers) => void
}

/** Questions that wait for the answers of other nodes; each ends when all have answered, or at its deadline. */
export class Questions {
  readonly #clock: Clock
  readonly #open = new Map<string, Open>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  get size (): number { return this.#open.size }

  /** @param nodes who must answer */
  ask (id: string, nodes: readonly string[], timeout: number): Promise<Answers> {
    if (nodes.length === 0) return Promise.resolve({ answers: [], missing: [] })
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.close(id), timeout)
      this.#open.set(id, { waiting: new Set(nodes), answers: [], timer, resolve })
    })
  }

  /** Takes an answer; a second one of the same node, or one that comes too late, is not counted. */
  answer (id: string, node: string, answer: Answer): void {
    const open = this.#open.get(id)
    if (open === undefined || !open.waiting.delete(node)) return
    open.answers.push(answer)
    if (open.waiting.size === 0) this.close(id)
  }

  /** Ends every question with what came so far. */
  clear (): void {
    for (const id of this.#open.keys()) this.close(id)
  }

  /** Ends a question with what came so far. */
  close (id: string): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    this.#clock.clearTimeout(open.timer)
    open.resolve({ answers: open.answers, missing: [...open.waiting] })
  }
}
