import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'

/** A process of ours that answers questions over IPC and tells of events: `event` (message) and `exit` (code, signal). */
export class Child extends EventEmitter {
  #process
  #waiting = new Map()
  #last = 0
  #gone

  constructor (file, settings) {
    super()
    this.#process = fork(file, [JSON.stringify(settings)], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.on('message', (message) => this.#take(message))
    this.#process.on('error', () => {})
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${signal ?? code}`))
        this.#waiting.clear()
        this.emit('exit', code, signal)
        resolve()
      })
    })
  }

  get pid () { return this.#process.pid }
  get alive () { return this.#process.exitCode === null && this.#process.signalCode === null }

  ask (what, data, timeout = 30_000) {
    if (!this.#process.connected) return Promise.reject(new Error(`cannot ask ${what}: the process is gone`))
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`no answer to ${what} within ${timeout} ms`))
      }, timeout)
      const settle = (call) => (value) => { clearTimeout(timer); call(value) }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
      this.#process.send({ id, what, data }, (error) => { if (error) this.#waiting.get(id)?.reject(error) })
    })
  }

  signal (signal) {
    if (this.alive) this.#process.kill(signal)
  }

  /** Settles when the process is gone. */
  ended () { return this.#gone }

  async kill () {
    this.signal('SIGKILL')
    await this.#gone
  }

  #take (message) {
    if (message.event !== undefined) return this.emit('event', message)
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error === undefined) waiting?.resolve(message.result)
    else waiting?.reject(new Error(message.error))
  }
}
