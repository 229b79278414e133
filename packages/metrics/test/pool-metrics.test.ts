import { Registry } from 'prom-client'
import type { Counter } from 'prom-client'
import t from 'tap'
import { Metric } from '../src/metric.ts'
import { poolMetrics } from '../src/pool-metrics.ts'
import type { Sample } from '../src/metric.ts'
import { noCounters, TestPool } from './fixtures.ts'

function setup () {
  const pool = new TestPool()
  const metrics = new Map(poolMetrics(pool.pool).map((metric) => [metric.name, metric]))
  const samples = (name: string): Sample[] => metrics.get(name)?.read(name) ?? []
  return { pool, metrics, samples, value: (name: string) => samples(name)[0]?.value }
}

void t.test('connections are gauged and counted', async t => {
  const { pool, value } = setup()
  const first = pool.add()
  pool.add()
  t.equal(value('connections'), 2)
  t.equal(value('ready'), 1)
  pool.end(first)
  pool.ready = false
  pool.pressure = 77
  t.equal(value('connections'), 1)
  t.equal(value('ready'), 0)
  t.equal(value('pressure_bytes'), 77)
  t.equal(value('connections_opened_total'), 2)
  pool.emit('pressure', first, 300_000)
  t.equal(value('pressure_total'), 1)
})

void t.test('ends are told apart by code and by who ended them; codes that nobody knows are one', async t => {
  const { pool, samples } = setup()
  for (const [code, by] of [[1000, 'client'], [1000, 'client'], [4000, 'server'], [1006, 'network'], [4999, 'client'], [3000, 'client']] as const) {
    pool.end(pool.add(), { code, by })
  }
  t.same(samples('connections_closed_total'), [
    { labels: { code: '1000', by: 'client' }, value: 2 },
    { labels: { code: '4000', by: 'server' }, value: 1 },
    { labels: { code: '1006', by: 'network' }, value: 1 },
    { labels: { code: 'other', by: 'client' }, value: 2 }
  ])
})

void t.test('refusals are bounded, whatever their reasons are', async t => {
  const { pool, samples } = setup()
  for (let n = 0; n < 1_000; n++) pool.emit('refuse', `reason ${n}`, 429)
  pool.emit('refuse', 'reason 1', 429)
  const refused = samples('upgrades_refused_total')
  t.equal(refused.length, 65)
  t.same(refused[1], { labels: { reason: 'reason 1', status: '429' }, value: 2 })
  t.same(refused[64], { labels: { reason: 'other', status: 'other' }, value: 936 })
})

void t.test('traffic is what open connections count and closed ones left', async t => {
  const { pool, value } = setup()
  const counters = { messagesReceived: 1, bytesReceived: 20, framesSent: 3, bytesSent: 400, framesDropped: 5 }
  const one = pool.add({ ...counters })
  pool.add({ ...counters })
  pool.add()
  const all = (): unknown[] => ['messages_received_total', 'bytes_received_total', 'frames_sent_total', 'bytes_sent_total', 'frames_dropped_total'].map(value)
  t.same(all(), [2, 40, 6, 800, 10])
  pool.end(one, { counters })
  t.same(all(), [2, 40, 6, 800, 10])
  pool.end(pool.add(), { counters: noCounters })
  t.same(all(), [2, 40, 6, 800, 10])
})

void t.test('one scrape reads each connection once, and the next one reads it anew', async t => {
  const registry = new Registry()
  const pool = new TestPool()
  for (const definition of poolMetrics(pool.pool)) registry.registerMetric(new Metric('', definition) as unknown as Counter)
  const connection = pool.add()
  let reads = 0
  Object.defineProperty(connection, 'counters', { get: () => ({ messagesReceived: ++reads, bytesReceived: 1, framesSent: 1, bytesSent: 1, framesDropped: 0 }) })
  t.match(await registry.metrics(), 'messages_received_total 1\n')
  t.equal(reads, 1)
  t.match(await registry.metrics(), 'messages_received_total 2\n')
})

void t.test('how long connections lasted is a histogram in seconds', async t => {
  const { pool, samples } = setup()
  for (const duration of [200, 5_000, 7 * 86_400_000]) pool.end(pool.add(), { duration })
  const durations = samples('connection_duration_seconds')
  t.same(durations.map(({ labels, value }) => [labels['le'], value]), [
    [1, 1], [10, 2], [60, 2], [300, 2], [1_800, 2], [3_600, 2], [21_600, 2], [86_400, 2], ['+Inf', 3],
    [undefined, 604_805.2], [undefined, 3]
  ])
  t.same(durations.slice(-3).map(({ metricName }) => metricName), [
    'connection_duration_seconds_bucket', 'connection_duration_seconds_sum', 'connection_duration_seconds_count'
  ])
})
