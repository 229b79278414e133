import { createServer } from 'node:net'
import { once } from 'node:events'
import { Link } from './link.js'

/** A TCP proxy whose line can be made bad: slow, narrow, sliced, reset, half-open or down. */
export class Proxy {
  port
  /** `latency`, `jitter` (ms), `bandwidth` (bytes/s), `slice` (bytes); `seen` counts what they did. */
  faults = { seen: { delayed: 0, sliced: 0, swallowed: 0, reset: 0, refused: 0 } }
  down = false
  /** WebSocket handshakes of each second, by target: `Map` of name → `Map` of second → count. */
  handshakes = new Map()
  #links = new Set()
  #server
  #targets

  /** @param targets answers, for each new connection, `{ name, port }` in the order in which they are tried */
  constructor (targets) {
    this.#targets = targets
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  get size () { return this.#links.size }

  async start () {
    this.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
    await once(this.#server, 'listening')
    this.port = this.#server.address().port
  }

  set (faults) { Object.assign(this.faults, faults) }
  clear () { this.set({ latency: undefined, jitter: undefined, bandwidth: undefined, slice: undefined }) }

  links (wanted = () => true) { return [...this.#links].filter(wanted) }

  reset (links = this.links()) {
    for (const link of links) link.reset()
    this.faults.seen.reset += links.length
    return links.length
  }

  vanish (links = this.links()) {
    for (const link of links) link.vanish()
    return links.length
  }

  stop () {
    this.#server.close()
    for (const link of this.links()) link.reset()
  }

  #accept (socket) {
    if (this.down) {
      this.faults.seen.refused++
      socket.on('error', () => {})
      socket.resetAndDestroy()
      return
    }
    const link = new Link(socket, this.faults, { told: ({ target }) => this.#count(target), gone: (gone) => this.#links.delete(gone) })
    this.#links.add(link)
    link.lead(this.#targets())
  }
  #count (target) {
    if (!this.handshakes.has(target)) this.handshakes.set(target, new Map())
    const seconds = this.handshakes.get(target)
    const second = Math.floor(Date.now() / 1_000)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
  }
}
