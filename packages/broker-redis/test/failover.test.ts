import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import { until } from '@fastify-realtime/testing'
import type { Position } from '@fastify-realtime/protocol'
import { missing } from '@fastify-realtime/testing/redis-server'
import { redisBroker } from '../src/index.ts'
import { addReplica, clusterClient, replicates, startCluster } from './redis-cluster.ts'

const LIMITS = { size: 10_000, ttl: 600_000 }
const topics = Array.from({ length: 30 }, (_, n) => `room:${n}`)

for (const sharded of [false, true]) {
  for (const stale of [false, true]) {
    const title = `a replica ${stale ? 'that missed something ' : ''}takes over, ${sharded ? 'sharded' : 'classic'} channels`
    void t.test(title, { skip: missing, timeout: 60_000 }, async (t) => {
      const masters = await startCluster(t, 3)
      const replica = await addReplica(t, masters)
      const [first] = masters as [typeof replica]
      const got: string[] = []
      const states: boolean[] = []
      const broker = redisBroker({ client: clusterClient(masters), sharded, probeInterval: 1_000 })
      t.teardown(() => broker.stop())
      await broker.start({ deliver: ({ topic, id }) => got.push(`${topic} ${id}`), state: (up) => states.push(up) })
      await Promise.all(topics.map((topic) => broker.subscribe('c', topic)))
      const acknowledged = new Map<string, Position>()
      /** Until it is acknowledged, as a publisher should. */
      const publish = async (topic: string, id: string): Promise<void> => {
        for (;;) {
          const result = await broker.publish({ channel: 'c', topic, event: 'e', id, time: 1, payload: '1' }, { history: LIMITS, dedupe: 300_000 })
            .catch(() => undefined)
          if (result?.position !== undefined) return void acknowledged.set(`${topic} ${id}`, result.position)
          await sleep(20)
        }
      }
      const all = async (id: string): Promise<void> => { await Promise.all(topics.map((topic) => publish(topic, id))) }
      await all('1')
      if (stale) {
        const raw = new Redis(first.port, '127.0.0.1')
        await raw.call('ACL', 'SETUSER', 'default', '-psync', '-sync')
        await raw.call('CLIENT', 'KILL', 'TYPE', 'replica')
        raw.disconnect()
        await all('lost')
      } else await replicates(first, replica)
      await until(() => got.length === (stale ? 60 : 30))

      await first.kill()
      await all('2')
      await until(() => states.at(-1) === true, 'the end of the outage', 20_000)
      await all('3')
      await until(() => got.filter((each) => each.endsWith(' 3')).length === 30, 'every subscription to have moved')

      t.same(states.slice(0, 1), [false], 'readers are told that they may have missed something')

      let signalled = 0
      for (const topic of topics) {
        const { position, records } = await broker.history.read('c', topic, { limit: 10_000 })
        const kept = new Map(records.map(({ id, position: at }) => [id, at]))
        for (const id of ['1', 'lost', '2', '3']) {
          const at = acknowledged.get(`${topic} ${id}`)
          if (at === undefined) continue
          if (at.epoch === position.epoch) t.equal(kept.get(id)?.offset, at.offset, `${topic} ${id} is there`)
          else if (id === '1') signalled++
        }
      }
      if (stale) t.ok(signalled > 0 && signalled < 30, `${signalled} topics have a new epoch`)
      else t.equal(signalled, 0, 'nothing is lost')
      t.equal(new Set(got).size, got.length, 'nothing came twice')
    })
  }
}
