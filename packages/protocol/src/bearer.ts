const prefix = 'bearer.'

/** The subprotocol entry that carries a token; a server reads it and never selects it. */
export function bearerProtocol (token: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(token))
  return prefix + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The token in a subprotocol entry; `undefined` when it carries none or is malformed. */
export function readBearerProtocol (protocol: string): string | undefined {
  if (!isBearerProtocol(protocol)) return undefined
  try {
    const binary = atob(protocol.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
  } catch {
    return undefined
  }
}

export function isBearerProtocol (protocol: string): boolean {
  return protocol.startsWith(prefix)
}
