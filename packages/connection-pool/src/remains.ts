import type { UpgradeSocket } from './handshake-guard.ts'

/** Fields of a socket that Node does not document; each may be missing. */
interface Internals {
  _peername?: object | null
  [key: symbol]: { readonly _destroyed?: boolean } | null | undefined
}

/** Under which a socket keeps the timer of `setTimeout`; the same for all sockets of a process. */
let timeoutSymbol: symbol | undefined

/**
 * Lets go of what the handshake leaves on a socket for as long as it lives, which is more than we keep for an idle
 * connection ourselves: the response holds request, reply and headers; the timer of `connectionTimeout` was cleared, but
 * is still refreshed by every write; the peer's address was asked once, and can be asked again.
 */
export function dropRemains (socket: UpgradeSocket): void {
  socket._httpMessage?.detachSocket(socket as never)
  const internals = socket as unknown as Internals
  if (internals._peername !== undefined) internals._peername = null
  timeoutSymbol ??= Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'timeout')
  if (timeoutSymbol !== undefined && internals[timeoutSymbol]?._destroyed === true) internals[timeoutSymbol] = null
}
