/** Frames that came, and a promise for the moment when enough did. */
export class Tally {
  constructor () {
    this.lost = 0
    this.reset()
  }

  reset () {
    this.frames = 0
    this.bytes = 0
    this.compressed = 0
    this.latencies = []
    this.target = Infinity
    this.reached = undefined
  }

  count (bytes) {
    this.bytes += bytes
    if (++this.frames >= this.target) this.reached?.()
  }

  /** Waits for `target` frames, at most `timeout` ms, and a little longer for any that should not come. */
  async wait (target, timeout) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout)
      this.reached = () => { clearTimeout(timer); resolve() }
      this.target = target
      if (this.frames >= target) this.reached()
    })
    this.reached = undefined
    await new Promise((resolve) => setTimeout(resolve, 50))
    const sorted = this.latencies.sort((a, b) => a - b)
    const quantile = (q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? null
    return { frames: this.frames, bytes: this.bytes, compressed: this.compressed, lost: this.lost, p50: quantile(0.5), p99: quantile(0.99) }
  }
}
