export interface NetworkListeners {
  /** The network came back, or the page can be seen again: a good moment to try. */
  readonly wake: () => void
  /** The network is gone. */
  readonly offline: () => void
}

type Target = Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>

/** Follows the browser's `online`, `offline` and `visibilitychange`, where they exist. Answers the undo function. */
export function watchNetwork ({ wake, offline }: NetworkListeners): () => void {
  const scope: Target & { readonly document?: Document } = globalThis
  const page = scope.document
  const seen = (): void => {
    if (page?.visibilityState === 'visible') wake()
  }
  const all: ReadonlyArray<[Target | undefined, string, () => void]> =
    [[scope, 'online', wake], [scope, 'offline', offline], [page, 'visibilitychange', seen]]
  for (const [target, event, listener] of all) target?.addEventListener?.(event, listener)
  return () => {
    for (const [target, event, listener] of all) target?.removeEventListener?.(event, listener)
  }
}
