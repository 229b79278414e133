/** How long work may go on in one turn of the event loop, with all promises that follow from it, in milliseconds. */
const PER_TURN = 4
/** Items between two looks at the clock. */
const AT_ONCE = 16

/** When the time of this turn ends, for all lists together; `undefined` until one needs it. */
let end: number | undefined

/**
 * Works through a list: its beginning at once, and the rest as far as this turn of the event loop and each that follows have time
 * for it.
 */
export function overTurns<Item> (items: readonly Item[], work: (item: Item) => void): void {
  let at = 0
  const some = (): void => {
    endOfTurn()
    for (const item of items.slice(at, at + AT_ONCE)) work(item)
    at += AT_ONCE
    if (at < items.length) afterPromises(goOn)
  }
  const goOn = (): void => {
    if (performance.now() < endOfTurn()) some()
    else setImmediate(goOn)
  }
  some()
}

function endOfTurn (): number {
  if (end !== undefined) return end
  setImmediate(() => { end = undefined })
  return end = performance.now() + PER_TURN
}

/** A tick begins when no promise is left that has something to do. */
function afterPromises (callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback))
}
