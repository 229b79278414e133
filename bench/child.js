import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process that answers each line on its standard input with one on its standard output. */
export class Child {
  #lines
  #process
  #waiting = []
  #ended = false

  constructor (command, env = {}) {
    this.#process = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.#process.stdin.on('error', () => {})
    this.#process.on('error', (error) => this.#end(error.message))
    this.#process.on('close', (code) => this.#end(`ended with ${code}`))
    this.#lines = createInterface({ input: this.#process.stdout })
    this.#lines.on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line)))
    this.name = command.at(-1)
  }

  get pid () {
    return this.#process.pid
  }

  /** The next line. Rejects when it does not come within `timeout` ms, or tells of an error. */
  async answer (timeout = 60_000) {
    if (this.#ended) throw new Error(`${this.name} has ended`)
    let timer
    const line = await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      timer = setTimeout(() => reject(new Error(`${this.name} did not answer within ${timeout} ms`)), timeout)
    }).finally(() => clearTimeout(timer))
    if (line.error !== undefined) throw new Error(`${this.name}: ${line.error}`)
    return line
  }

  ask (what, command = {}, timeout = 60_000) {
    const answer = this.answer(timeout)
    this.#process.stdin.write(JSON.stringify({ do: what, ...command }) + '\n')
    return answer
  }

  /** Ends the process: politely, then not. */
  async stop () {
    if (this.#ended) return
    const gone = new Promise((resolve) => this.#process.once('close', resolve))
    this.#process.stdin.end()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 2_000)
    await gone
    clearTimeout(timer)
  }

  #end (why) {
    this.#ended = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.name} ${why}`))
  }
}
