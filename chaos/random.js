/** A stream of chance that a seed repeats (mulberry32). Everything that a run decides ahead comes from here. */
export class Random {
  #state

  constructor (seed) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, but not including, 1. */
  next () {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  between (low, high) {
    return low + this.next() * (high - low)
  }

  whole (low, high) {
    return Math.floor(this.between(low, high + 1))
  }

  pick (list) {
    return list[this.whole(0, list.length - 1)]
  }

  /** `count` different entries of the list. */
  sample (list, count) {
    const rest = [...list]
    return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(this.whole(0, rest.length - 1), 1)[0])
  }
}
