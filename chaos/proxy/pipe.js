const MOST_WAITING = 1_048_576

/** Bytes in one direction, with the faults that the line has at the moment. */
export class Pipe {
  #from
  #to
  #faults
  /** What is under way, in order: `{ due, chunk }`; without a chunk it is the end. */
  #queue = []
  #waiting = 0
  #timer
  /** A hole swallows what comes and says nothing: the peer has vanished without a word. */
  hole = false
  /** Nothing is read any more, so that the sender runs into the end of the kernel's memory. */
  #stopped = false

  constructor (from, to, faults) {
    this.#from = from
    this.#to = to
    this.#faults = faults
    from.on('data', (chunk) => this.#take(chunk))
    from.on('end', () => { if (!this.hole) this.#send(undefined, performance.now()) })
    to.on('drain', () => this.#resume())
  }

  stop (stopped) {
    this.#stopped = stopped
    if (stopped) this.#from.pause()
    else this.#resume()
  }

  close () {
    clearTimeout(this.#timer)
    this.#queue.length = 0
  }

  #take (chunk) {
    const { slice, seen } = this.#faults
    if (this.hole) seen.swallowed += chunk.length
    else if (slice === undefined) this.#delay(chunk)
    else {
      for (let at = 0; at < chunk.length; at += slice) this.#delay(chunk.subarray(at, at + slice))
      if (chunk.length > slice) seen.sliced++
    }
  }

  #delay (chunk) {
    const { latency = 0, jitter = 0, bandwidth, slice, seen } = this.#faults
    const now = performance.now()
    if (latency > 0 || bandwidth !== undefined) seen.delayed++
    const before = Math.max(now, this.#queue.at(-1)?.due ?? 0)
    const transfer = bandwidth === undefined ? 0 : chunk.length / bandwidth * 1_000
    // What is under way keeps its order. Slices go out one by one, or the kernel would join them again.
    this.#send(chunk, Math.max(before + transfer + (slice === undefined ? 0 : 0.2), now + latency + Math.random() * jitter))
  }

  #send (chunk, due) {
    if (this.#queue.length === 0 && due <= performance.now()) return this.#write(chunk)
    this.#queue.push({ chunk, due })
    this.#waiting += chunk?.length ?? 0
    if (this.#waiting > MOST_WAITING) this.#from.pause()
    if (this.#queue.length === 1) this.#arm()
  }

  #arm () {
    this.#timer = setTimeout(() => {
      const now = performance.now()
      while (this.#queue.length > 0 && this.#queue[0].due <= now) {
        const { chunk } = this.#queue.shift()
        this.#waiting -= chunk?.length ?? 0
        this.#write(chunk)
      }
      if (this.#queue.length > 0) this.#arm()
      this.#resume()
    }, Math.max(1, this.#queue[0].due - performance.now()))
  }

  #write (chunk) {
    if (this.#to.destroyed) return
    if (chunk === undefined) this.#to.end()
    else if (!this.#to.write(chunk)) this.#from.pause()
  }

  #resume () {
    if (!this.#stopped && this.#waiting <= MOST_WAITING && !this.#to.writableNeedDrain) this.#from.resume()
  }
}
