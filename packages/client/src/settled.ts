/**
 * Looks now, and again whenever `listen` says so, until there is an answer.
 * @param listen adds a listener and answers the undo functions
 */
export function settled<Value> (listen: (again: () => void) => ReadonlyArray<() => void>, look: () => Promise<Value> | undefined): Promise<Value> {
  return look() ?? new Promise((resolve) => {
    const undo = listen(() => {
      const answer = look()
      if (answer === undefined) return
      for (const remove of undo) remove()
      resolve(answer)
    })
  })
}
