import { fileURLToPath } from 'node:url'
import { freePort } from '@fastify-realtime/testing'
import { now } from '../now.js'
import { Child } from './child.js'

const main = fileURLToPath(new URL('../node/main.js', import.meta.url))

/** One server of the cluster, which may be several processes in turn. */
export class Node {
  port
  /** Whether the balancer sends it new connections. */
  inRotation = false
  #child
  /** The process whose end is wanted. */
  #ending
  #settings
  #log

  constructor (name, settings, log) {
    this.name = name
    this.#settings = settings
    this.#log = log
  }

  get pid () { return this.#child?.pid }

  async start () {
    this.port ??= await freePort()
    const child = this.#child = new Child(main, { ...this.#settings, name: this.name, port: this.port })
    await new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => {
        if (this.#child === child) this.inRotation = false
        this.#say(`${this.#ending === child ? 'ended' : 'crashed'} with ${signal ?? code}`)
        reject(new Error(`${this.name} ended before it was ready`))
      })
      child.on('event', (message) => {
        if (message.event === 'broker') this.#say(message.up ? 'broker up' : 'broker down')
        if (message.event === 'ready') resolve()
      })
    })
    this.inRotation = true
    this.#say('ready')
  }

  ask (...args) { return this.#child.ask(...args) }
  signal (signal) { this.#child?.signal(signal) }

  async kill () {
    this.inRotation = false
    this.#ending = this.#child
    await this.#child?.kill()
  }

  /** As SIGTERM in a real app: out of rotation, drained, closed. */
  async leave (drain) {
    this.inRotation = false
    this.#ending = this.#child
    await this.#child.ask('drain', drain, drain.deadline + 10_000)
    this.#child.signal('SIGTERM')
    await this.#child.ended()
  }

  #say (what) { this.#log.push({ at: now(), who: this.name, what }) }
}
