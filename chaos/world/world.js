import { fileURLToPath } from 'node:url'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Proxy } from '../proxy/proxy.js'
import { Child } from './child.js'
import { cpuSeconds } from './cpu.js'
import { Node } from './node.js'
import { brokers } from './brokers.js'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** All processes and lines of one run. Whatever happens, `end` ends what was begun, by pid. */
export class World {
  nodes = []
  loads = []
  publisher
  broker
  /** What happened to processes, with its time: shown in the report. */
  log = []
  #turn = 0

  constructor (plan) {
    this.plan = plan
    this.broker = brokers[plan.broker].make(plan)
    /** The line to the broker of each node, and the balancer that clients and publishers see. */
    this.brokerLines = []
    this.front = new Proxy(() => this.#targets())
  }

  async begin () {
    const { plan } = this
    const { off, heartbeatTimeout, maxDelay, connectTimeout } = plan
    await this.broker.start()
    await this.front.start()
    for (let index = 0; index < plan.nodes; index++) await this.#addNode(index)
    await Promise.all(this.nodes.map((node) => node.start()))
    this.loads = Array.from({ length: plan.loads }, () => new Child(file('../load/main.js'), { off, client: { heartbeatTimeout, maxDelay, connectTimeout } }))
    this.publisher = new Child(file('../publisher/main.js'), { port: this.front.port })
    await Promise.all([...this.loads, this.publisher].map((child) => once(child, 'event')))
  }

  async #addNode (index) {
    const { plan } = this
    const line = new Proxy(() => [{ name: plan.broker, port: this.broker.port }])
    await line.start()
    this.brokerLines.push(line)
    const { broker, history, beat, off, positionCheck, probeInterval } = plan
    this.nodes.push(new Node(`node-${index + 1}`, { broker, brokerPort: line.port, history, beat, off, positionCheck, probeInterval }, this.log))
  }

  /** Round robin over the nodes in rotation. */
  #targets () {
    const ready = this.nodes.filter(({ inRotation }) => inRotation)
    const first = this.#turn++ % Math.max(1, ready.length)
    return [...ready.slice(first), ...ready.slice(0, first)]
  }

  /** Asks every load process. */
  toLoads (what, data, timeout) {
    return Promise.all(this.loads.map((load, index) => load.ask(what, typeof data === 'function' ? data(index) : data, timeout)))
  }

  async live () {
    const states = await this.toLoads('state')
    return states.reduce((sum, state) => ({ live: sum.live + state.live, told: sum.told + state.told }))
  }

  /** Whether all clients are live within so many milliseconds. */
  async allLive (within) {
    const deadline = Date.now() + within
    while ((await this.live()).live < this.plan.clients.length) {
      if (Date.now() > deadline) return false
      await sleep(100)
    }
    return true
  }

  /** Seconds of processor time that each part of this world has used, processes that are gone left out. */
  cpu () {
    const sum = (...processes) => Math.round(processes.reduce((seconds, { pid }) => seconds + cpuSeconds(pid), 0) * 10) / 10
    return { nodes: sum(...this.nodes), broker: sum(this.broker), clients: sum(...this.loads), publisher: sum(this.publisher) }
  }

  async end () {
    await Promise.all([...this.loads, ...this.nodes, ...this.publisher === undefined ? [] : [this.publisher]].map((child) => child.kill()))
    this.endNow()
  }

  /** Also for the end of the runner itself. */
  endNow () {
    for (const child of [...this.loads, ...this.nodes, this.publisher]) child?.signal('SIGKILL')
    for (const line of [this.front, ...this.brokerLines]) line.stop()
    this.broker.end()
  }
}
