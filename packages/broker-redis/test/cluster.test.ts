import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import t from 'tap'
import { brokerConformance } from '@fastify-realtime/broker/conformance'
import { until } from '@fastify-realtime/testing'
import { missing } from '@fastify-realtime/testing/redis-server'
import { redisBroker } from '../src/index.ts'
import { linkMaker } from '../src/make-link.ts'
import { Keys } from '../src/keys.ts'
import { clusterClient, startCluster } from './redis-cluster.ts'

for (const sharded of [false, true]) {
  const channels = sharded ? 'sharded' : 'classic'
  void t.test(`a cluster of three, ${channels} channels`, { skip: missing }, async (t) => {
    const servers = await startCluster(t, 3)
    let groups = 0
    brokerConformance((name, run) => t.test(name, run), {
      name: `redis cluster (${channels})`,
      create () {
        const prefix = `g${++groups}`
        return {
          node: () => redisBroker({ client: clusterClient(servers), prefix, sharded }),
          async inject (channel, topic, bytes) {
            const raw = clusterClient(servers)
            await raw.connect()
            const keys = new Keys(prefix, sharded)
            // By the topic's own server, so that it comes in order with what the broker publishes.
            const publish = `return redis.call('${sharded ? 'SPUBLISH' : 'PUBLISH'}', ARGV[1], ARGV[2])`
            await raw.call('EVAL', publish, 1, keys.history(channel, topic)[0], keys.channel(channel, topic), Buffer.from(bytes))
            raw.disconnect()
          }
        }
      }
    }, { report: (table) => t.comment(table) })
  })

  void t.test(`topics of all shards, ${channels} channels, and a cluster that goes and comes back`, { skip: missing }, async (t) => {
    const servers = await startCluster(t, 3)
    const got: string[] = []
    const states: boolean[] = []
    const broker = redisBroker({ client: clusterClient(servers), sharded, probeInterval: 100 })
    t.teardown(() => broker.stop())
    await broker.start({ deliver: ({ topic, id }) => got.push(`${topic} ${id}`), state: (up) => states.push(up) })
    const topics = Array.from({ length: 50 }, (_, n) => `room:${n}`)
    await Promise.all(topics.map((topic) => broker.subscribe('c', topic)))
    const publish = async (id: string): Promise<void> => {
      await Promise.all(topics.map((topic) =>
        broker.publish({ channel: 'c', topic, event: 'e', id, time: 1, payload: '1' }, { history: { size: 9, ttl: 60_000 } })))
    }
    await publish('1')
    await until(() => got.length === 50)
    t.equal(new Set(got).size, 50)
    const before = await Promise.all(topics.map((topic) => broker.history.position('c', topic)))
    await sleep(300)
    t.same(states, [], 'the probes are heard')

    await Promise.all(servers.map((server) => server.kill()))
    await until(() => states.at(-1) === false)
    await t.rejects(broker.publish({ channel: 'c', topic: 't', event: 'e', id: '1', time: 1, payload: '1' }), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
    await Promise.all(servers.map((server) => server.up()))
    await until(() => states.at(-1) === true, 'the cluster', 20_000)
    for (const [at, topic] of topics.entries()) t.equal((await broker.history.position('c', topic)).epoch, before[at]?.epoch)
    got.length = 0
    await publish('2')
    await until(() => got.length === 50)
    await broker.unsubscribe('c', 'room:0')
    got.length = 0
    await publish('3')
    await until(() => got.length === 49)
    t.notOk(got.includes('room:0 3'))
  })
}

void t.test('a cluster connection that is taken anew is ready again', { skip: missing }, async (t) => {
  const servers = await startCluster(t, 3)
  const told: string[] = []
  const link = linkMaker(clusterClient(servers))({ ready: () => told.push('ready'), down: () => told.push('down'), message () {} })
  await link.connect()
  link.reset()
  await until(() => link.ready && told.includes('down'))
  t.same(await link.command(['SCRIPT', 'EXISTS', 'x']), [[0], [0], [0]])
  await link.close()
})

void t.test('sharded channels need a cluster', async (t) => {
  const error = { code: 'FRT_ERR_BROKER_OPTION', message: /"sharded"/ }
  for (const client of [new Redis({ lazyConnect: true }), createClient()]) t.throws(() => redisBroker({ client, sharded: true }), error)
  t.throws(() => redisBroker({ client: clusterClient([]), sharded: 1 as unknown as boolean }), error)
  t.equal(redisBroker({ client: clusterClient([]), sharded: true }).patterns, false)
})
