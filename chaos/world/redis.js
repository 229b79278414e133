import { Redis } from 'ioredis'
import { OwnServer } from './own-server.js'

export class RedisServer extends OwnServer {
  #fsync

  /** @param fsync `always`, `everysec`, or `off` for no append-only file */
  constructor ({ fsync }) {
    super('redis-server')
    this.#fsync = fsync
  }

  arguments () {
    const durable = this.#fsync === 'off' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', this.#fsync]
    return ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.directory, '--save', '', '--logfile', 'log', ...durable]
  }

  answers () { return this.#do((client) => client.ping()) }
  empty () { return this.#do((client) => client.flushall()) }

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
