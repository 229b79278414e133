// In an app of your own: '@fastify-realtime/auth'.
import auth from '../../src/index.ts'
import connectionPool from '@fastify-realtime/connection-pool'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Identity } from './certificate.ts'

export interface MutualTls {
  /** Whose certificates are trusted. */
  readonly authority: Pick<Identity, 'cert'>
  readonly server: Pick<Identity, 'cert' | 'key'>
}

/** Machines connect with a client certificate; its common name is the principal. */
export async function mtlsServer ({ authority, server }: MutualTls): Promise<FastifyInstance> {
  const app = Fastify({
    // Everybody gets to the handshake, so that a refusal is an HTTP answer and not a TLS alert.
    https: { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: false }
  } as object) as unknown as FastifyInstance
  await app.register(connectionPool)
  await app.register(auth, {
    certificate: ({ subject }) => typeof subject.CN === 'string' ? { id: `machine:${subject.CN}` } : null
  })
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  return app
}
