import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { OwnServer } from './own-server.js'

/** JetStream keeps its streams below the directory. */
export class NatsServer extends OwnServer {
  constructor () {
    super('nats-server')
  }

  arguments () {
    return ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.#store, '-l', join(this.directory, 'log')]
  }

  /** JetStream reads its files after the server has opened its port. */
  async answers () {
    const connection = await connect({ servers: `127.0.0.1:${this.port}`, reconnect: false, timeout: 1_000 })
    try {
      await connection.request('$JS.API.INFO', '', { timeout: 1_000 })
      return true
    } finally {
      await connection.close()
    }
  }

  /** It comes back without its files: NATS has no command that forgets everything. */
  async empty () {
    await this.kill()
    rmSync(this.#store, { recursive: true, force: true })
    await this.start()
  }

  get #store () { return join(this.directory, 'store') }
}
