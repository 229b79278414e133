import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '@fastify-realtime/testing'

const folders = (process.env.PATH ?? '').split(delimiter)

/** The redis-server to run; undefined where there is none. */
export const redisServer = [process.env.REDIS_SERVER, ...folders.map((folder) => join(folder, 'redis-server'))].find((path) => path && existsSync(path))

/** A Redis of its own on a free port, which keeps nothing on disk. `pins` puts it on a core. */
export async function startRedis (pins) {
  const port = await freePort()
  const [command, ...args] = [...pins, redisServer, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = spawn(command, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(redis, 'close')
  await ready(redis, gone)
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop () {
      redis.kill()
      await gone
    }
  }
}

async function ready (redis, gone) {
  const up = new Promise((resolve) => {
    createInterface({ input: redis.stdout }).on('line', (line) => { if (line.includes('Ready to accept connections')) resolve(true) })
  })
  if (await Promise.race([up, gone]) !== true) throw new Error('redis-server did not start')
}
