import { Buffer } from 'node:buffer'

/** What may stand in a token as it is; `=` begins an escape. Everything else is written as `=` and two hex digits for each byte. */
const UNSAFE = /[^\w~@+%$-]/gu

/** One token of a subject, never empty, without `.`, `*`, `>`, `=` or anything that a subject cannot hold. */
export function token (text: string): string {
  if (text === '') return '='
  return text.replace(UNSAFE, (character) =>
    Buffer.from(character).reduce((escaped, byte) => `${escaped}=${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''))
}

/** The levels of a topic or key as tokens. */
function tokens (name: string): string {
  return name.split(':').map(token).join('.')
}

/** Names in NATS. A topic's level is a subject's token, so that a pattern is a wildcard of NATS itself. */
export class Subjects {
  readonly #prefix: string

  constructor (prefix: string) {
    this.#prefix = prefix
  }

  /** Everything of one stream: `h` history, `l` live, `r` records, `p` presence; or `d`, what is delivered. */
  all (room: 'h' | 'l' | 'r' | 'p' | 'd'): string {
    return `${this.#prefix}.${room}.>`
  }

  /** Where a record is published. The stream stores it and publishes it again, with its sequence number, under `d`. */
  history (channel: string, topic: string): string {
    return `${this.#prefix}.h.n.${token(channel)}.${tokens(topic)}`
  }

  /** The same for a topic without history. Records with a version have a subject of their own, so that the newest one stays known. */
  live (channel: string, topic: string, versioned: boolean): string {
    return `${this.#prefix}.l.${versioned ? 'v' : 'n'}.${token(channel)}.${tokens(topic)}`
  }

  /** What is delivered of a topic or pattern. */
  deliver (channel: string, topic: string): string {
    const levels = topic.endsWith('*') ? `${tokens(topic.slice(0, -1)).slice(0, -1)}*` : tokens(topic)
    return `${this.#prefix}.d.*.${token(channel)}.${levels}`
  }

  record (key: string): string {
    return `${this.#prefix}.r.${tokens(key)}`
  }

  /** A principal in a topic; without one, all of the topic; without that, all. */
  presence (topic?: string, principal?: string): string {
    const all = `${this.#prefix}.p.e.`
    return topic === undefined ? `${all}>` : `${all}${tokens(topic)}.${principal === undefined ? '*' : token(principal)}`
  }

  /** A node's lease, or all of them. */
  lease (node?: string): string {
    return `${this.#prefix}.p.l.${node === undefined ? '*' : token(node)}`
  }

  /** Holds every record whose key begins with the prefix, and perhaps others: only whole levels narrow it. */
  records (prefix: string): string {
    const whole = prefix.slice(0, prefix.lastIndexOf(':') + 1)
    return whole === '' ? this.all('r') : `${this.#prefix}.r.${tokens(whole.slice(0, -1))}.>`
  }
}
