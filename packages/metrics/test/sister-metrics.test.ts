import t from 'tap'
import { histogramSamples } from '../src/histogram.ts'
import { broadcastMetrics, brokerMetrics, heartbeatMetrics, presenceMetrics } from '../src/sister-metrics.ts'
import { broadcast, broker, heartbeat, presence } from './fixtures.ts'

void t.test('each counter of a sister is a metric of its own', async t => {
  const values = [...broadcastMetrics(broadcast), ...brokerMetrics(broker), ...presenceMetrics(presence)]
    .map(({ name, read }) => [name, read(name)[0]?.value])
  t.same(Object.fromEntries(values), {
    topics: 8,
    subscriptions: 9,
    publications_published_total: 1,
    publications_received_total: 2,
    deliveries_total: 3,
    deliveries_dropped_total: 4,
    recoveries_total: 5,
    recoveries_failed_total: 6,
    positions_lost_total: 7,
    broker_up: 1,
    broker_published_total: 1,
    broker_failed_total: 2,
    broker_received_total: 3,
    presence_connections: 1,
    presence_pending: 2,
    presence_watched_topics: 3,
    presence_watchers: 4
  })
})

void t.test('round trips come in seconds', async t => {
  const [roundTrips, dead, stalls] = heartbeatMetrics(heartbeat)
  t.same(roundTrips?.read('x'), [
    { metricName: 'x_bucket', labels: { le: 0.01 }, value: 1 },
    { metricName: 'x_bucket', labels: { le: 2 }, value: 2 },
    { metricName: 'x_bucket', labels: { le: '+Inf' }, value: 2 },
    { metricName: 'x_sum', labels: {}, value: 1.5 },
    { metricName: 'x_count', labels: {}, value: 2 }
  ])
  t.same([dead?.read('x'), stalls?.read('x')], [[{ labels: {}, value: 3 }], [{ labels: {}, value: 2 }]])
})

void t.test('the broker is named, and down is 0', async t => {
  t.same(brokerMetrics({ ...broker, up: false })[0]?.read('broker_up'), [{ labels: { broker: 'memory' }, value: 0 }])
})

void t.test('a histogram without buckets is empty', async t => {
  t.same(histogramSamples('x', [], 0).map(({ value }) => value), [0, 0])
})
