import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { connect as open } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { freePort } from '@fastify-realtime/testing'

const installed = spawnSync('nats-server', ['--version']).status === 0

/** Why tests that need a server are skipped; `false` when it is there, and in CI, where they must fail instead. */
export const missing: string | false = installed || (process.env['CI'] ?? '') !== ''
  ? false
  : 'nats-server is not installed (Debian: apt-get install nats-server, macOS: brew install nats-server)'

/** A real server of our own on a free port, which tests stop, kill and start again. */
export class NatsServer {
  readonly port: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'broker-nats-'))
  readonly #settings: readonly string[]
  readonly #connections: NatsConnection[] = []
  #process: ChildProcess | undefined

  private constructor (port: number, settings: readonly string[]) {
    this.port = port
    this.#settings = settings
  }

  static async start (settings: readonly string[] = ['-js']): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), settings)
    await server.up()
    return server
  }

  async up (): Promise<void> {
    const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(this.port), '-sd', this.#store, ...this.#settings], { stdio: 'ignore' })
    this.#process = child
    let failure: Error | undefined
    child.once('error', (error) => { failure = error })
    for (;;) {
      if (failure !== undefined) throw failure
      const socket = open(this.port, '127.0.0.1')
      const answers = await new Promise((resolve) => {
        socket.once('data', () => resolve(true))
        socket.once('error', () => resolve(false))
      })
      socket.destroy()
      if (answers === true) return
      await sleep(20)
    }
  }

  async connect (): Promise<NatsConnection> {
    const connection = await connect({ servers: `127.0.0.1:${this.port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 })
    this.#connections.push(connection)
    return connection
  }

  async kill (): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Stops the process: it answers nothing, and no connection breaks. Settles when it stands still. */
  async freeze (): Promise<void> {
    this.#process?.kill('SIGSTOP')
    while (!spawnSync('ps', ['-o', 'stat=', '-p', String(this.#process?.pid)]).stdout.toString().startsWith('T')) await sleep(5)
  }

  /** Lets it go on. */
  thaw (): void {
    this.#process?.kill('SIGCONT')
  }

  /** Keeps what lies on the disk now; only while it is killed. */
  backup (): void {
    cpSync(this.#store, this.#copy, { recursive: true })
  }

  /** Puts it back; only while it is killed. */
  restore (): void {
    rmSync(this.#store, { recursive: true })
    cpSync(this.#copy, this.#store, { recursive: true })
  }

  async end (): Promise<void> {
    this.thaw()
    for (const connection of this.#connections) await connection.close()
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #store (): string { return join(this.#directory, 'store') }
  get #copy (): string { return join(this.#directory, 'copy') }
}
