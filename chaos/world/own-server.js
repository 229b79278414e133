import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@fastify-realtime/testing'

/** A broker's server of our own, with a directory of its own, ended by its pid. */
export class OwnServer {
  port
  directory
  #command
  #process

  /** @param command what is run; the class that extends this one says with which `arguments()`, and when it `answers()` */
  constructor (command) {
    this.#command = command
    this.directory = mkdtempSync(join(tmpdir(), `chaos-${command}-`))
  }

  get pid () { return this.#process?.pid }

  async start () {
    this.port ??= await freePort()
    this.#process = spawn(this.#command, this.arguments(), { stdio: 'ignore' })
    this.#process.on('error', () => {})
    const begun = Date.now()
    while (!await this.answers().catch(() => false)) {
      if (Date.now() - begun > 20_000) throw new Error(`${this.#command} did not come up on port ${this.port}`)
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

  /** For the end of our own process: nothing is waited for. */
  end () {
    this.#process?.kill('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** What the installed server calls itself; throws with the line that installs it. */
export function versionOf (command) {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${command} is missing. Install it: apt-get install -y ${command}`)
  return /v[=:]?\s?v?(\d[\d.]*)/.exec(stdout)?.[1] ?? 'unknown'
}
