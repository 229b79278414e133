// A pool, with auth or without: what verifying a token adds to a handshake.
import auth from '@fastify-realtime/auth'
import connectionPool from '@fastify-realtime/connection-pool'
import Fastify from 'fastify'
import { publicKey } from '../token-es256.js'
import { secret } from '../token.js'
import { options, serve } from './control.js'

const app = Fastify({ connectionTimeout: 10_000 })
// Few principals come many times here.
await app.register(connectionPool, { maxConnections: 15_000, maxPerPrincipal: false })

const keys = { hs256: { secret }, es256: { publicKey } }
const jwt = keys[options.verify]
if (jwt === undefined) {
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
} else {
  await app.register(auth, { jwt })
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
}

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
serve(app.server.address().port, () => {})
