import type { IncomingMessage, Server } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** What a URL carried before it was made safe to log. */
export interface UrlSecrets {
  readonly token?: string
  readonly ticket?: string
}

const mask = 'redacted'

/**
 * Takes credentials out of the URL of a request before anything can log it: the value stays known to us alone, and the
 * URL says `token=redacted` in every log line, error page and trace after that.
 */
export class UrlRedaction {
  readonly #secrets = new WeakMap<IncomingMessage, UrlSecrets>()
  /** A plain request may have a `token` of the app's own; it is left alone unless the app takes such credentials. */
  readonly #plainToo: boolean

  constructor (plainToo: boolean) {
    this.#plainToo = plainToo
  }

  /** What the URL carried. */
  secrets (raw: IncomingMessage): UrlSecrets {
    return { ...this.#secrets.get(raw) }
  }

  /** Idempotent. */
  redact (raw: IncomingMessage & { originalUrl?: string }): void {
    // Nearly all upgrades have no query, and nothing is kept for them.
    if (!hasQuery(raw.url) && !hasQuery(raw.originalUrl)) return
    if (this.#secrets.has(raw)) return
    const upgrade = isUpgrade(raw)
    if (!upgrade && !this.#plainToo) return
    const names = upgrade ? ['token', 'ticket'] : ['token']
    const found: Record<string, string> = {}
    raw.url = maskQuery(String(raw.url), names, found)
    if (raw.originalUrl !== undefined) raw.originalUrl = maskQuery(raw.originalUrl, names, {})
    this.#secrets.set(raw, found)
  }

  /** Requests are caught at the server, before a router sees them; what does not pass there, before its first log line. */
  install (app: FastifyInstance): void {
    const server: Pick<Server, 'prependListener'> = app.server
    const redact = this.redact.bind(this)
    server.prependListener('upgrade', redact)
    if (this.#plainToo) {
      server.prependListener('request', redact)
      app.addHook('onRequest', async ({ raw, query }) => { this.#restore(raw, query as Record<string, unknown>) })
    }
    const factory = app.childLoggerFactory
    app.setChildLoggerFactory(function (logger, bindings, options, raw) {
      redact(raw)
      return factory.call(this, logger, bindings, options, raw)
    })
  }

  /** A plain route may read a `token` of its own. */
  #restore (raw: IncomingMessage, query: Record<string, unknown>): void {
    const token = this.#secrets.get(raw)?.token
    if (token !== undefined && !isUpgrade(raw)) query['token'] = token
  }
}

function isUpgrade (raw: IncomingMessage): boolean {
  return raw.headers.upgrade?.toLowerCase() === 'websocket'
}

function hasQuery (url: string | undefined): boolean {
  return url?.includes('?') === true
}

/** The URL with the values of these parameters masked; the first value of each goes to `found`. */
function maskQuery (url: string, names: readonly string[], found: Record<string, string>): string {
  const start = url.indexOf('?') + 1
  if (start === 0) return url
  const pairs = url.slice(start).split('&').map((pair) => {
    const [name] = pair.split('=', 1)
    const known = names.find((candidate) => candidate === decode(String(name)))
    if (known === undefined) return pair
    found[known] ??= decode(pair.slice(String(name).length + 1))
    return `${known}=${mask}`
  })
  return url.slice(0, start) + pairs.join('&')
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
