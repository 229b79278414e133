/** Works through a list: as much as `perTurn` at once, and as much again in each turn of the event loop that follows. */
export function overTurns<Item> (items: readonly Item[], perTurn: number, work: (item: Item) => void, from = 0): void {
  const to = Math.min(items.length, from + perTurn)
  for (let at = from; at < to; at++) work(items[at] as Item)
  if (to < items.length) setImmediate(() => overTurns(items, perTurn, work, to))
}
