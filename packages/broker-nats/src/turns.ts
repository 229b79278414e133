/** Works that may run side by side. */
interface Group {
  readonly lane: string | undefined
  /** Settles when the group before it is done; absent when nothing was before it. */
  readonly start: Promise<void> | undefined
  /** Begins the group after it. */
  next: (() => void) | undefined
  running: number
}

/**
 * Keeps the order of works on one name. Works of one lane begin as they come, which the connection keeps in order; a work of
 * another lane, or of none, waits until those before it are done.
 */
export class Turns {
  readonly #groups = new Map<string, Group>()

  async run<T> (name: string, lane: string | undefined, work: () => Promise<T>): Promise<T> {
    const newest = this.#groups.get(name)
    const group = newest !== undefined && lane !== undefined && newest.lane === lane ? newest : this.#open(name, lane, newest)
    group.running++
    try {
      // No turn of the event loop when nothing is in the way: that is the order on the wire.
      if (group.start !== undefined) await group.start
      return await work()
    } finally {
      if (--group.running === 0) this.#close(name, group)
    }
  }

  #open (name: string, lane: string | undefined, before: Group | undefined): Group {
    const start = before === undefined ? undefined : new Promise<void>((resolve) => { before.next = resolve })
    const group: Group = { lane, start, next: undefined, running: 0 }
    this.#groups.set(name, group)
    return group
  }

  #close (name: string, group: Group): void {
    if (this.#groups.get(name) === group) this.#groups.delete(name)
    group.next?.()
  }
}
