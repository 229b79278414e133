import { createHash } from 'node:crypto'
import type { Buffer } from 'node:buffer'

/** Sends one command. */
export type Command = (args: ReadonlyArray<string | Buffer>) => Promise<unknown>

/** A Lua script that runs in Redis as one step. */
export class Script {
  readonly #source: string
  readonly #sha: string

  constructor (source: string) {
    this.#source = source
    this.#sha = createHash('sha1').update(source).digest('hex')
  }

  /** Done after every connect, so that the first run needs no second attempt that others could overtake. */
  async load (command: Command): Promise<void> {
    await command(['SCRIPT', 'LOAD', this.#source])
  }

  async run (command: Command, keys: readonly string[], args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await command(['EVALSHA', this.#sha, ...rest])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return command(['EVAL', this.#source, ...rest])
    }
  }
}
