/**
 * A place in a topic's history. Offsets grow within an epoch and need not be consecutive; a new epoch means that
 * the history was lost.
 */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/** Whether `a` comes after `b`; positions of different epochs cannot be compared, so the answer is then `false`. */
export function isAfter (a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset > b.offset
}
