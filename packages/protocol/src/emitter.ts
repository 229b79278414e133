/** What an emitter of `Events` accepts: one listener signature for each event name. */
export type EventMap<Events> = { [Name in keyof Events]: (...args: never[]) => void }

export interface Listenable<Events extends EventMap<Events>> {
  /** Adds a listener and answers the function that takes it away again. Listeners are synchronous. */
  on<Name extends keyof Events> (event: Name, listener: Events[Name]): () => void
}

/**
 * A small typed emitter with synchronous listeners. A listener that throws is handed to `onError` and never starves
 * the others. A listener added or removed while an event is being emitted takes effect from the next emission.
 */
export class Emitter<Events extends EventMap<Events>> implements Listenable<Events> {
  readonly #listeners = new Map<keyof Events, ReadonlyArray<Events[keyof Events]>>()
  readonly #onError: (error: unknown, event: keyof Events) => void

  constructor (onError: (error: unknown, event: keyof Events) => void) {
    this.#onError = onError
  }

  on<Name extends keyof Events> (event: Name, listener: Events[Name]): () => void {
    this.#listeners.set(event, [...this.#listeners.get(event) ?? [], listener])
    let active = true
    return () => {
      if (!active) return
      active = false
      this.#remove(event, listener)
    }
  }

  emit<Name extends keyof Events> (event: Name, ...args: Parameters<Events[Name]>): void {
    const listeners = this.#listeners.get(event)
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(...args)
      } catch (error) {
        this.#onError(error, event)
      }
    }
  }

  listenerCount (event: keyof Events): number {
    return this.#listeners.get(event)?.length ?? 0
  }

  #remove (event: keyof Events, listener: Events[keyof Events]): void {
    // There: each undo runs once, so its listener is still in the list.
    const listeners = this.#listeners.get(event) as ReadonlyArray<Events[keyof Events]>
    const rest = listeners.toSpliced(listeners.indexOf(listener), 1)
    if (rest.length === 0) this.#listeners.delete(event)
    else this.#listeners.set(event, rest)
  }
}
