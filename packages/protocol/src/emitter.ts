/** What an emitter of `Events` accepts: one listener signature for each event name. */
export type EventMap<Events> = { [Name in keyof Events]: (...args: never[]) => void }

export interface Listenable<Events extends EventMap<Events>> {
  /** Adds a listener and answers the function that takes it away again. Listeners are synchronous. */
  on<Name extends keyof Events> (event: Name, listener: Events[Name]): () => void
}

/** One listener may be added twice, and each undo takes its own away. */
interface Entry<Listener> {
  readonly listener: Listener
}

const none: readonly never[] = []

/**
 * A small typed emitter with synchronous listeners. A listener that throws is handed to `onError` and never starves
 * the others. A listener added or removed while an event is being emitted takes effect from the next emission.
 */
export class Emitter<Events extends EventMap<Events>> implements Listenable<Events> {
  readonly #listeners = new Map<keyof Events, ReadonlyArray<Entry<Events[keyof Events]>>>()
  readonly #onError: (error: unknown, event: keyof Events) => void

  constructor (onError: (error: unknown, event: keyof Events) => void) {
    this.#onError = onError
  }

  on<Name extends keyof Events> (event: Name, listener: Events[Name]): () => void {
    const own = { listener }
    this.#listeners.set(event, [...this.#of(event), own])
    return () => { this.#listeners.set(event, this.#of(event).filter((other) => other !== own)) }
  }

  emit<Name extends keyof Events> (event: Name, ...args: Parameters<Events[Name]>): void {
    for (const { listener } of this.#of(event)) {
      try {
        listener(...args)
      } catch (error) {
        this.#onError(error, event)
      }
    }
  }

  listenerCount (event: keyof Events): number {
    return this.#of(event).length
  }

  #of (event: keyof Events): ReadonlyArray<Entry<Events[keyof Events]>> {
    return this.#listeners.get(event) ?? none
  }
}
