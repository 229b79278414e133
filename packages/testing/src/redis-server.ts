import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** Another server that speaks the same protocol, such as Valkey, by its path. */
const COMMAND = process.env['REDIS_SERVER'] ?? 'redis-server'

/**
 * Why tests that need the server are skipped; `false` when it is there. With `CI` set it is always `false`: there a missing
 * server must fail and not be skipped.
 */
export function whyMissing (command: string = COMMAND, environment: NodeJS.ProcessEnv = process.env): string | false {
  if ((environment['CI'] ?? '') !== '' || spawnSync(command, ['--version']).status === 0) return false
  return `${command} is not installed (Debian: apt-get install redis-server, macOS: brew install redis)`
}

/** For the `skip` option of a test: why it is skipped, or `false`. */
export const missing: string | false = whyMissing()

export interface RedisServerOptions {
  /** Arguments for the server, such as `['--appendonly', 'yes']`. Default: none; nothing is saved. */
  readonly settings?: readonly string[]
  /** What is run. Default: what the environment variable `REDIS_SERVER` says, or `redis-server`. */
  readonly command?: string
  /** Milliseconds that it may take to answer. Default 10,000. */
  readonly patience?: number
}

/** A real Redis of the test's own on a free port of 127.0.0.1, which the test kills, freezes and starts again. */
export class RedisServer {
  readonly port: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'redis-server-'))
  readonly #arguments: readonly string[]
  readonly #command: string
  readonly #patience: number
  /** While it runs. */
  #process: ChildProcess | undefined

  private constructor (port: number, { settings = [], command = COMMAND, patience = 10_000 }: RedisServerOptions) {
    this.port = port
    this.#command = command
    this.#patience = patience
    this.#arguments = ['--port', String(port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', ...settings]
  }

  /** Settles when it answers; rejects when it cannot be started, ends at once or does not answer in time. */
  static async start (options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    try {
      await server.up()
    } catch (error) {
      await server.end()
      throw error
    }
    return server
  }

  get url (): string { return `redis://127.0.0.1:${this.port}` }

  /** Starts it again, with the files that it left. */
  async up (): Promise<void> {
    let gone: Error | undefined
    const child = spawn(this.#command, [...this.#arguments], { stdio: 'ignore' })
    this.#process = child
    const end = (why: string, cause?: Error): void => {
      this.#process = undefined
      gone = new Error(`${this.#command} ${why}`, { cause })
    }
    child.once('error', (cause) => end('cannot be started; is it installed?', cause))
    child.once('exit', () => end('ended before it answered'))
    const until = performance.now() + this.#patience
    while (!await answers(this.port)) {
      if (gone !== undefined) throw gone
      if (performance.now() > until) throw new Error(`${this.#command} did not answer within ${this.#patience} ms`)
      await sleep(20)
    }
  }

  /** Ends the process at once, as a crash does. */
  async kill (): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Stops or continues the process: it answers nothing, and no connection breaks. */
  freeze (frozen: boolean): void {
    this.#process?.kill(frozen ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Kills it and removes its files. */
  async end (): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

async function answers (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    return await new Promise((resolve) => {
      socket.once('data', (data) => resolve(data.toString().startsWith('+PONG')))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.write('PING\r\n'))
      socket.setTimeout(1_000, () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}
