import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Why tests that need a server are skipped; `false` when it is there. */
export const missing: string | false = spawnSync('redis-server', ['--version']).status === 0
  ? false
  : 'redis-server is not installed (Debian: apt-get install redis-server, macOS: brew install redis)'

/** A real server of our own on a free port, which tests stop, kill and start again. */
export class RedisServer {
  readonly port: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'broker-redis-'))
  readonly #arguments: readonly string[]
  #process: ChildProcess | undefined

  private constructor (port: number, settings: readonly string[]) {
    this.port = port
    this.#arguments = ['--port', String(port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', ...settings]
  }

  static async start (settings: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings)
    await server.up()
    return server
  }

  async up (): Promise<void> {
    this.#process = spawn('redis-server', [...this.#arguments], { stdio: 'ignore' })
    for (;;) {
      const socket = connect(this.port, '127.0.0.1')
      const answers = await new Promise((resolve) => {
        socket.once('data', (data) => resolve(data.toString().startsWith('+PONG')))
        socket.once('error', () => resolve(false))
        socket.once('connect', () => socket.write('PING\r\n'))
      })
      socket.destroy()
      if (answers === true) return
      await sleep(20)
    }
  }

  async kill (): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Stops or continues the process: it answers nothing, and no connection breaks. */
  freeze (frozen: boolean): void {
    this.#process?.kill(frozen ? 'SIGSTOP' : 'SIGCONT')
  }

  async end (): Promise<void> {
    this.freeze(false)
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
