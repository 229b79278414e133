import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'

/** What the installed redis-server calls itself; throws with the line that installs it. */
export function redisVersion () {
  const { error, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (error !== undefined) throw new Error('redis-server is missing. Install it: apt-get install -y redis-server')
  return /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown'
}

/** A redis-server of our own, with a directory of its own, ended by its pid. */
export class RedisServer {
  port
  #process
  #directory
  #fsync

  /** @param fsync `always`, `everysec`, or `off` for no append-only file */
  constructor (fsync) {
    this.#fsync = fsync
    this.#directory = mkdtempSync(join(tmpdir(), 'chaos-redis-'))
  }

  get pid () { return this.#process?.pid }

  async start () {
    this.port ??= await freePort()
    const durable = this.#fsync === 'off' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', this.#fsync]
    this.#process = spawn('redis-server', ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', '--logfile', 'log', ...durable],
      { stdio: 'ignore' })
    const begun = Date.now()
    while (!await this.#do((client) => client.ping()).catch(() => false)) {
      if (Date.now() - begun > 10_000) throw new Error(`redis-server did not come up on port ${this.port}`)
      await sleep(20)
    }
  }

  async kill () {
    const process = this.#process
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill('SIGKILL')
    await gone
  }

  pause () { this.#process.kill('SIGSTOP') }
  resume () { this.#process.kill('SIGCONT') }
  empty () { return this.#do((client) => client.flushall()) }

  /** For the end of our own process: nothing is waited for. */
  end () {
    this.#process?.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }

  async #do (work) {
    const client = new Redis(this.port, '127.0.0.1', { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0, connectTimeout: 1_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return await work(client)
    } finally {
      client.disconnect()
    }
  }
}
