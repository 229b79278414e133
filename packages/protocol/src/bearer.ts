const prefix = 'bearer.'
const beyondAscii = /[\u0080-\u00ff]/
const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The subprotocol that carries a token to the server: `bearer.` and the token as base64url (RFC 4648 section 5). */
export function bearerProtocol (token: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(token)) binary += String.fromCharCode(byte)
  return prefix + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whether an offered subprotocol is a credential. Such a name is never selected, so it never comes back in a header. */
export function isBearerProtocol (protocol: string): boolean {
  return protocol.startsWith(prefix)
}

/** The token in an offered subprotocol; `undefined` when it is no `bearer.` entry or does not decode. */
export function readBearerProtocol (protocol: string): string | undefined {
  const encoded = protocol.slice(prefix.length)
  if (!isBearerProtocol(protocol) || !/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
    // Most tokens are ASCII, and then these bytes are the text.
    if (!beyondAscii.test(binary)) return binary
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
