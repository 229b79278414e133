/** What is needed of a WebSocket: the browser's, Node's, and that of the package `ws` all have it. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  send (data: string | Uint8Array): void
  close (code?: number, reason?: string): void
  /** Only `ws` has it: ends a socket whose peer does not answer the close. */
  terminate?: () => void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike
