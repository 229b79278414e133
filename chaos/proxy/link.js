import { connect } from 'node:net'
import { Pipe } from './pipe.js'

/** One connection through the proxy. */
export class Link {
  /** Where it leads, once it does. */
  target
  /** The client's name, or `publisher`. */
  who
  /** Whether it carries a subscription of Redis. */
  subscriber = false
  #near
  #far
  #pipes = []
  #gone
  #told

  /** @param told hears of a WebSocket handshake, `gone` that both ends are gone */
  constructor (socket, faults, { told, gone }) {
    this.#near = socket
    this.#gone = gone
    this.#told = told
    socket.setNoDelay(true)
    socket.on('error', () => this.reset())
    socket.on('close', () => this.#end())
    socket.pause()
    this.faults = faults
  }

  /** Tries the targets in turn; with none left the connection is reset. */
  lead ([target, ...others]) {
    if (target === undefined || this.#near.destroyed) return this.reset()
    const far = connect({ port: target.port, host: '127.0.0.1', noDelay: true })
    const refused = () => this.lead(others)
    far.once('error', refused)
    far.once('connect', () => {
      far.off('error', refused)
      far.on('error', () => this.reset())
      far.on('close', () => this.#end())
      this.#far = far
      this.target = target.name
      if (this.#near.destroyed) return far.destroy()
      this.#near.on('data', (chunk) => this.#look(chunk))
      this.#pipes = [new Pipe(this.#near, far, this.faults), new Pipe(far, this.#near, this.faults)]
      this.#near.resume()
    })
  }

  #look (chunk) {
    if (this.who === undefined) {
      this.who = /^GET \/ws\?as=(\S+)/.exec(chunk.toString('latin1', 0, 100))?.[1] ?? 'publisher'
      if (this.who !== 'publisher') this.#told(this)
    }
    this.subscriber ||= this.who === 'publisher' && /subscribe/i.test(chunk.toString('latin1', 0, 200))
  }

  /** Both ends see a reset, as after the crash of a machine between them. */
  reset () {
    if (!this.#near.destroyed) this.#near.resetAndDestroy()
    if (this.#far?.destroyed === false) this.#far.resetAndDestroy()
    this.#end()
  }

  /** Neither end sees anything any more. */
  vanish () {
    for (const pipe of this.#pipes) pipe.hole = true
  }

  /** The client reads nothing that the node sends, or reads again. */
  stopReading (stopped) {
    this.#pipes[1]?.stop(stopped)
  }

  #end () {
    for (const pipe of this.#pipes) pipe.close()
    // A side that closed in order has told the other one; a hole tells nothing.
    if (this.#near.destroyed && this.#far !== undefined && !this.#pipes.some(({ hole }) => hole)) this.#far.end()
    if (this.#far?.destroyed === true && !this.#near.destroyed) this.#near.end()
    if (this.#near.destroyed) this.#gone(this)
  }
}
