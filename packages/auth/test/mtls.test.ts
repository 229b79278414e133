import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { messageRouter } from '@fastify-realtime/message-router'
import t from 'tap'
import { auth } from '../src/index.ts'
import { issue } from '../examples/mtls/certificate.ts'
import { mtlsServer } from '../examples/mtls/server.ts'
import { open } from './support/server.ts'

const authority = issue({ name: 'Test authority', authority: true })
const server = issue({ name: 'localhost', issuer: authority, address: '127.0.0.1' })
const sensor = issue({ name: 'sensor-7', issuer: authority })
const stranger = issue({ name: 'sensor-7', issuer: issue({ name: 'Test authority', authority: true }) })
const past = new Date(Date.now() - 1_000)
const expired = issue({ name: 'sensor-8', issuer: authority, notAfter: past })

void t.test('the certificates are what they should be', async (t) => {
  const certificate = new X509Certificate(sensor.cert)
  t.ok(certificate.verify(new X509Certificate(authority.cert).publicKey))
  t.equal(certificate.subject, 'CN=sensor-7')
  t.notOk(certificate.ca)
})

void t.test('a client certificate makes a principal', async (t) => {
  const app = await mtlsServer({ authority, server })
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `wss://127.0.0.1:${(app.server.address() as { port: number }).port}/ws`
  const tls = (identity?: { cert: string, key: string }) => ({ ca: authority.cert, ...identity === undefined ? {} : { cert: identity.cert, key: identity.key } })

  const opened = await open(url, tls(sensor))
  t.equal(opened.first?.principal, 'machine:sensor-7')
  const [connection] = app.connectionPool
  const end = Date.parse(new X509Certificate(sensor.cert).validTo)
  t.equal(app.realtimeAuth.expiresAt(connection?.principal as { id: string }), end)

  t.equal((await open(url, tls())).status, 401, 'no certificate')
  t.equal((await open(url, tls(stranger))).status, 401, 'another authority')
  t.equal((await open(url, tls(expired))).status, 401, 'expired')
  t.equal((await open(url, tls(issue({ name: 'x'.repeat(201), issuer: authority })))).status, 401, 'no principal')
  t.equal((await open(url, { ...tls(sensor), headers: { authorization: 'Bearer x' } })).status, 401, 'a token is not overlooked')

  await app.realtimeAuth.revoke({ tokenId: `x509:${new X509Certificate(sensor.cert).fingerprint256}` })
  t.equal((await opened.closed).code, 4501)
  t.equal((await open(url, tls(sensor))).status, 401)
})

void t.test('a plain connection has no certificate', async (t) => {
  const { default: connectionPool } = await import('@fastify-realtime/connection-pool')
  const { default: Fastify } = await import('fastify')
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(connectionPool)
  await app.register(messageRouter)
  await app.register(auth, { certificate: () => ({ id: 'anybody' }) })
  app.get('/ws', { websocket: true, preValidation: app.realtimeAuth.authenticate }, app.connectionPool.accept)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await open(`ws://127.0.0.1:${(app.server.address() as { port: number }).port}/ws`)).status, 401)
})

void t.test('a certificate whose subject is no principal is refused', async (t) => {
  const app = await mtlsServer({ authority, server })
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `wss://127.0.0.1:${(app.server.address() as { port: number }).port}/ws`
  const nobody = issue({ issuer: authority })
  t.equal((await open(url, { ca: authority.cert, cert: nobody.cert, key: nobody.key })).status, 401)
})

void t.test('a page of another origin cannot use the certificate of its visitor', async (t) => {
  const app = await mtlsServer({ authority, server })
  t.teardown(() => app.close())
  app.route({ method: ['GET', 'POST'], url: '/orders', preValidation: app.realtimeAuth.authenticate, handler: async () => 'done' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const status = (options: RequestOptions): Promise<number | undefined> => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/orders', ca: authority.cert, cert: sensor.cert, key: sensor.key, agent: false, ...options }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    }).on('error', reject).end()
  })
  t.equal(await status({ method: 'POST' }), 200, 'a machine')
  t.equal(await status({ method: 'POST', headers: { origin: `https://127.0.0.1:${port}` } }), 200)
  t.equal(await status({ method: 'POST', headers: { origin: 'https://evil.example' } }), 403)
  t.equal(await status({ method: 'GET', headers: { origin: 'https://evil.example' } }), 200, 'CORS keeps the answer from the page')
})
