export interface TokenRequest {
  /** The last token has expired or is about to: one from a cache will not do. */
  readonly refresh: boolean
}

/** Answers the token for the next attempt; `undefined` or `null` connects without one. */
export type TokenSource = (request: TokenRequest) => string | undefined | null | Promise<string | undefined | null>
