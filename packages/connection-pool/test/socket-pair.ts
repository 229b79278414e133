import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import type { Teardown } from '@fastify-realtime/testing'

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')

/** A socket of a server, and its peer; neither reads until it is told to. */
export async function pair (t: Teardown, tls = false) {
  const server = tls ? createTlsServer({ key: fixture('localhost.key'), cert: fixture('localhost.crt') }) : createServer({ pauseOnConnect: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const peer = tls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connect(port, '127.0.0.1')
  const [socket] = await once(server, tls ? 'secureConnection' : 'connection') as [Socket]
  t.teardown(() => {
    peer.destroy()
    socket.destroy()
    server.close()
  })
  const received: Buffer[] = []
  return { socket, peer, read: () => { peer.on('data', (bytes: Buffer) => received.push(bytes)) }, received: () => Buffer.concat(received) }
}
