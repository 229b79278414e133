import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

interface HttpServer {
  emit (event: string, socket: Duplex): boolean
}

/** Hop-by-hop headers of an upgrade that nobody here makes, such as `h2c` (RFC 9110 section 7.8). */
const OFFERS = new Set(['upgrade', 'http2-settings'])

export function isWebSocketUpgrade ({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * A server may ignore an Upgrade header, but Node stops parsing at any. So the request goes back to the HTTP parser
 * without the header, and is answered as if it had never been there, body, keep-alive and all.
 */
export function handBack (server: HttpServer, raw: IncomingMessage, socket: Duplex & { readonly encrypted?: boolean }, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(withoutUpgrade(raw), 'latin1'), head]))
  server.emit(socket.encrypted === true ? 'secureConnection' : 'connection', socket)
}

function withoutUpgrade ({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    if (OFFERS.has(name.toLowerCase())) continue
    lines.push(`${name}: ${name.toLowerCase() === 'connection' ? withoutOffers(value) : value}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

function withoutOffers (tokens: string): string {
  const left = tokens.split(',').map((token) => token.trim()).filter((token) => !OFFERS.has(token.toLowerCase()))
  return left.length === 0 ? 'keep-alive' : left.join(', ')
}
