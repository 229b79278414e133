import { histogramSamples } from './histogram.ts'
import type { Bucket } from './histogram.ts'
import { value } from './metric.ts'
import type { Definition } from './metric.ts'

/** What the heartbeat counts. */
export interface HeartbeatSource {
  readonly deaths: number
  readonly stalls: number
  roundTrips (): { readonly sum: number, readonly buckets: readonly Bucket[] }
}

/** What broadcast counts. */
export interface BroadcastSource {
  readonly counters: Readonly<Record<
    'published' | 'received' | 'delivered' | 'dropped' | 'recovered' | 'unrecovered' | 'positionsLost' | 'topics' | 'subscriptions',
    number>>
}

/** What the broker counts. */
export interface BrokerSource {
  readonly name: string
  readonly up: boolean
  readonly counters: Readonly<Record<'published' | 'failed' | 'received', number>>
}

/** What presence counts. */
export interface PresenceSource {
  readonly gauges: Readonly<Record<'connections' | 'pending' | 'watchedTopics' | 'watchers', number>>
}

const milli = 1_000

export function heartbeatMetrics (heartbeat: HeartbeatSource): Definition[] {
  return [
    {
      name: 'round_trip_seconds',
      type: 'histogram',
      help: 'From a ping to its pong',
      read: (name) => {
        const { buckets, sum } = heartbeat.roundTrips()
        return histogramSamples(name, buckets.map(({ le, count }) => ({ le: le / milli, count })), sum / milli)
      }
    },
    { name: 'dead_total', type: 'counter', help: 'Connections that gave no sign of life', read: value(() => heartbeat.deaths) },
    { name: 'stalls_total', type: 'counter', help: 'Times that the process stood still and the heartbeat waited', read: value(() => heartbeat.stalls) }
  ]
}

export function broadcastMetrics (broadcast: BroadcastSource): Definition[] {
  const count = (name: keyof BroadcastSource['counters']): Definition['read'] => value(() => broadcast.counters[name])
  return [
    { name: 'topics', type: 'gauge', help: 'Topics with a subscriber on this node', read: count('topics') },
    { name: 'subscriptions', type: 'gauge', help: 'Subscriptions on this node', read: count('subscriptions') },
    { name: 'publications_published_total', type: 'counter', help: 'Publications handed to the broker', read: count('published') },
    { name: 'publications_received_total', type: 'counter', help: 'Publications that the broker handed to this node', read: count('received') },
    { name: 'deliveries_total', type: 'counter', help: 'Publications handed to connections', read: count('delivered') },
    { name: 'deliveries_dropped_total', type: 'counter', help: 'Publications that a full outbox refused', read: count('dropped') },
    { name: 'recoveries_total', type: 'counter', help: 'Subscriptions with a position that got everything', read: count('recovered') },
    { name: 'recoveries_failed_total', type: 'counter', help: 'Subscriptions with a position that could not', read: count('unrecovered') },
    { name: 'positions_lost_total', type: 'counter', help: 'Subscriptions ended because a position was lost', read: count('positionsLost') }
  ]
}

export function brokerMetrics (broker: BrokerSource): Definition[] {
  const count = (name: keyof BrokerSource['counters']): Definition['read'] => value(() => broker.counters[name])
  return [
    {
      name: 'broker_up',
      type: 'gauge',
      help: '1 while the broker can carry records',
      labels: ['broker'],
      read: () => [{ value: Number(broker.up), labels: { broker: broker.name } }]
    },
    { name: 'broker_published_total', type: 'counter', help: 'Records that the broker accepted', read: count('published') },
    { name: 'broker_failed_total', type: 'counter', help: 'Records that the broker did not accept', read: count('failed') },
    { name: 'broker_received_total', type: 'counter', help: 'Records that the broker handed to this node', read: count('received') }
  ]
}

export function presenceMetrics (presence: PresenceSource): Definition[] {
  const gauge = (name: keyof PresenceSource['gauges']): Definition['read'] => value(() => presence.gauges[name])
  return [
    { name: 'presence_connections', type: 'gauge', help: 'Connections of this node that are present in a topic', read: gauge('connections') },
    { name: 'presence_pending', type: 'gauge', help: 'Joins and leaves that the broker does not have yet', read: gauge('pending') },
    { name: 'presence_watched_topics', type: 'gauge', help: 'Topics whose presence this node watches', read: gauge('watchedTopics') },
    { name: 'presence_watchers', type: 'gauge', help: 'Connections of this node that watch presence', read: gauge('watchers') }
  ]
}
