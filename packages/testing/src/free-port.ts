import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 on which nobody listens, for a server that stops and comes back: it lies below those that systems give
 * to outgoing connections, which could take it meanwhile. The port 10,000 above is free too, where a member of a Redis
 * Cluster listens as well.
 */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 22_240)
    if (await isFree(port) && await isFree(port + 10_000)) return port
  }
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}
