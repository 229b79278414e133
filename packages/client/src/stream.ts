import { RealtimeError } from './errors.ts'

/** What a stream listens to; each method answers the undo function. */
export interface StreamSource<Item> {
  on (event: 'publication', listener: (item: Item) => void): () => void
  on (event: 'end', listener: (error: Error | undefined) => void): () => void
}

export interface Ended {
  readonly error: Error | undefined
}

/** The items from now on, for a `for await` loop: those that come while the loop is busy wait, up to a limit. */
export function stream<Item> (source: StreamSource<Item>, limit: number, before?: Ended): AsyncGenerator<Item, void, undefined> {
  let items: Item[] = []
  let ended = before
  let wake = (): void => {}
  const end = (error: Error | undefined): void => {
    ended = { error }
    for (const remove of undo) remove()
    wake()
  }
  const undo = [
    source.on('publication', (item) => {
      if (items.push(item) > limit) {
        items = []
        end(new RealtimeError('too-slow', 'Too slow.'))
      }
      wake()
    }),
    source.on('end', end)
  ]
  async function * generate (): AsyncGenerator<Item, void, undefined> {
    try {
      for (;;) {
        for (let item = items.shift(); item !== undefined; item = items.shift()) yield item
        if (ended?.error !== undefined) throw ended.error
        if (ended !== undefined) return
        await new Promise<void>((resolve) => { wake = resolve })
      }
    } finally {
      end(undefined)
    }
  }
  return generate()
}
