import connectionPool from '@fastify-realtime/connection-pool'
import { connectAndGreet, listen, until } from '@fastify-realtime/testing'
import Fastify from 'fastify'
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import { Registry } from 'prom-client'
import t from 'tap'
import metrics from '../src/index.ts'
import type { MetricsOptions } from '../src/index.ts'
import { broadcast, broker, heartbeat, presence, TestAuth } from './fixtures.ts'

async function build (options: MetricsOptions = {}, before: (app: FastifyInstance) => void = () => {}): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(connectionPool)
  before(app)
  await app.register(metrics, options)
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
  return app
}

void t.test('without the connection pool it refuses to boot', async t => {
  await t.rejects(async () => { await Fastify().register(metrics) }, { message: /connectionPool.*@fastify-realtime\/metrics/ })
})

void t.test('options that cannot work refuse to boot', async t => {
  await t.rejects(build({ prefix: '-' }), { code: 'FRT_ERR_METRICS_OPTION' })
})

void t.test('with the pool alone the route shows its connections', async t => {
  const app = await build()
  const url = await listen(app, t)
  const client = await connectAndGreet(url)
  const during = await app.inject('/metrics')
  t.equal(during.statusCode, 200)
  t.match(during.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(during.body, /^# HELP realtime_connections Open connections\n# TYPE realtime_connections gauge\nrealtime_connections 1$/m)
  t.match(during.body, /^realtime_frames_sent_total 1$/m)
  t.notMatch(during.body, /realtime_topics|realtime_broker_up|realtime_round_trip/)
  await client.close()
  await until(() => app.connectionPool.size === 0)
  const after = await app.inject('/metrics')
  t.match(after.body, /^realtime_connections 0$/m)
  t.match(after.body, /^realtime_connections_closed_total\{code="1000",by="client"\} 1$/m)
  t.match(after.body, /^realtime_frames_sent_total 1$/m)
  t.match(after.body, /^realtime_connection_duration_seconds_bucket\{le="1"\} 1$/m)
})

void t.test('sisters that are there are shown, in whatever order they were registered', async t => {
  const app = await build({}, (app) => { app.decorate('heartbeat', heartbeat as never) })
  app.decorate('broadcast', broadcast as never).decorate('broker', broker as never).decorate('presence', presence as never)
    .decorate('realtimeAuth', new TestAuth() as never)
  t.teardown(() => app.close())
  const { body } = await app.inject('/metrics')
  t.match(body, /^realtime_broker_up\{broker="memory"\} 1$/m)
  t.match(body, /^realtime_round_trip_seconds_sum 1.5$/m)
  t.match(body, /^realtime_deliveries_total 3$/m)
  t.match(body, /^realtime_presence_watchers 4$/m)
  t.match(body, /^realtime_tickets_issued_total 0$/m)
})

void t.test('the registry may be another one, the route another one or none, and the names too', async t => {
  const registry = new Registry()
  const app = await build({ registry, path: false, prefix: 'ws_' })
  t.teardown(() => app.close())
  t.equal((await app.inject('/metrics')).statusCode, 404)
  t.equal(app.realtimeMetrics.registry, registry)
  t.match(await registry.metrics(), /^ws_connections 0$/m)
  registry.resetMetrics()
  t.match(await registry.getMetricsAsJSON(), [{ name: 'ws_connections', type: 'gauge', values: [{ value: 0, labels: {} }] }])
})

void t.test('a registry for OpenMetrics gets what it wants', async t => {
  const registry = new Registry()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  const app = await build({ registry, path: '/internal/metrics' })
  t.teardown(() => app.close())
  const { body, headers } = await app.inject('/internal/metrics')
  t.match(headers['content-type'], /openmetrics-text/)
  t.match(body, /^# TYPE realtime_frames_sent counter\nrealtime_frames_sent_total 0$/m)
  t.match(body, /# EOF\n$/)
})

void t.test('hooks keep the route to those who may read it', async t => {
  const onRequest: onRequestAsyncHookHandler = async (request, reply) => {
    if (request.headers.authorization !== 'ok') await reply.code(401).send()
  }
  const app = await build({ onRequest })
  t.teardown(() => app.close())
  t.equal((await app.inject('/metrics')).statusCode, 401)
  t.equal((await app.inject({ url: '/metrics', headers: { authorization: 'ok' } })).statusCode, 200)
})

void t.test('a registry that holds our names already refuses to boot', async t => {
  const registry = new Registry()
  const app = await build({ registry })
  t.teardown(() => app.close())
  await t.rejects(build({ registry }), { message: /realtime_connections has already been registered/ })
})
