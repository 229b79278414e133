/**
 * For controls: the clock of a process that does not notice that it stood still. Timers that came due meanwhile all run
 * at once, before anything is read from a socket, and each believes that it is on time.
 */
export class EagerClock {
  #at = performance.now()
  #waiting = []
  #timer
  #running = false

  now () { return this.#at }
  time () { return Date.now() }

  setTimeout (callback, delay) {
    const entry = { due: this.#at + delay, callback }
    this.#waiting.push(entry)
    if (!this.#running) this.#arm()
    return entry
  }

  clearTimeout (entry) {
    this.#waiting = this.#waiting.filter((other) => other !== entry)
  }

  #arm () {
    clearTimeout(this.#timer)
    if (this.#waiting.length === 0) return
    this.#waiting.sort((one, other) => one.due - other.due)
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#waiting[0].due - performance.now()))
    this.#timer.unref()
  }

  #run () {
    this.#running = true
    while (this.#waiting.length > 0 && this.#waiting[0].due <= performance.now()) {
      const { due, callback } = this.#waiting.shift()
      this.#at = due
      callback()
      this.#waiting.sort((one, other) => one.due - other.due)
    }
    this.#running = false
    this.#arm()
  }
}
