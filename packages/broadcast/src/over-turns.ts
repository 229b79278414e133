/** How long work may go on in one turn of the event loop, with all promises that follow from it, in milliseconds. */
const PER_TURN = 4
/** Items between two looks at the clock. */
const AT_ONCE = 16

/**
 * Works through a list: as much at once as a turn of the event loop has time for, and as much again in each turn that follows.
 * @param now monotonic milliseconds.
 */
export function overTurns<Item> (items: readonly Item[], work: (item: Item) => void, now: () => number = () => performance.now()): void {
  let at = 0
  let until = 0
  const turn = (): void => {
    until = now() + PER_TURN
    some()
  }
  const some = (): void => {
    for (const item of items.slice(at, at + AT_ONCE)) work(item)
    at += AT_ONCE
    if (at < items.length) afterPromises(goOn)
  }
  const goOn = (): void => {
    if (now() < until) some()
    else setImmediate(turn)
  }
  turn()
}

/** A tick begins when no promise is left that has something to do. */
function afterPromises (callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback))
}
