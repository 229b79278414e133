/** What the check needs of a request. */
export interface OriginParts {
  /** The `Origin` header as it came; Node joins two of them with a comma, which matches nothing. */
  readonly origin: string
  /** The `Host` that the client asked for, with the port when it is not the scheme's own. */
  readonly host: string | undefined
  readonly protocol: string
}

/** Whether a page of this origin may act with the credential of its visitor. */
export type OriginCheck = (parts: OriginParts) => boolean

/**
 * Only what a browser would send byte for byte is an origin: scheme and host in lower case, no default port, no path,
 * no userinfo. `null` (sandboxed frames, files) is never one.
 */
export function isOrigin (text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

/** Exact matches only. Without a list: the origin of the host that was asked. */
export function originCheck (allowed: ReadonlySet<string> | undefined): OriginCheck {
  return allowed === undefined ? isSameOrigin : ({ origin }) => allowed.has(origin)
}

function isSameOrigin ({ origin, host, protocol }: OriginParts): boolean {
  if (host === undefined || !isOrigin(origin)) return false
  const { protocol: scheme } = new URL(origin)
  // A page over TLS may talk to a server behind a proxy that ends TLS; a plain page may not talk to a TLS server.
  if (scheme !== 'https:' && scheme !== `${protocol}:`) return false
  const asked = `${scheme}//${host}`
  return URL.canParse(asked) && new URL(asked).origin === origin
}
