import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { PresenceEntry } from '@fastify-realtime/broker'
import { JetStream } from '../src/jetstream.ts'
import type { Stored } from '../src/jetstream.ts'
import { NatsPresence } from '../src/presence.ts'
import { Requests } from '../src/requests.ts'
import type { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { missing, NatsServer } from './nats-server.ts'
import { api, countOf, node, streamOf } from './node.ts'

function entry (principal: string, connection: string, on = 'n1'): PresenceEntry {
  return { principal, connection, node: on }
}

void t.test('presence', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())

  await t.test('of many who join, leave and reap at once, each change is made by one', async (t) => {
    const nodes = await Promise.all(['n1', 'n2', 'n3'].map(() => node(t, server, { prefix: 'race' })))
    const [first] = nodes as [typeof nodes[0] & object]
    await Promise.all(nodes.map(({ broker }, n) => broker.presence.renew(`n${n}`, n === 2 ? 300 : 60_000)))
    const joined = await Promise.all(nodes.flatMap(({ broker }, n) =>
      Array.from({ length: 5 }, (_, c) => broker.presence.join('room', entry('ada', `${n}-${c}`, `n${n}`)))))
    t.equal(joined.filter(({ changed }) => changed).length, 1)
    t.equal((await first.broker.presence.list('room', 9)).count, 1)
    const left = await Promise.all(nodes.slice(0, 2).flatMap(({ broker }, n) =>
      Array.from({ length: 5 }, (_, c) => broker.presence.leave('room', `${n}-${c}`))))
    t.equal(left.filter(({ changed }) => changed).length, 0, 'the third node holds it')
    await first.broker.presence.join('hall', entry('bob', 'b'))
    await first.broker.presence.leave('hall', 'b')
    await sleep(400)
    const reaped = (await Promise.all(nodes.map(({ broker }) => broker.presence.reap()))).flat()
    t.match(reaped, [{ principal: 'ada', topic: 'room', node: 'n2', version: Number }])
    t.same(await first.broker.presence.list('room', 9), { members: [], count: 0, version: reaped[0]?.version })
    t.same(await first.broker.presence.reap(), [])
    t.equal(await countOf(first.connection, 'race.p.l.>'), 2, 'the ended lease is freed')
  })

  await t.test('a connection that becomes another principal leaves as the former one', async (t) => {
    const { broker: { presence } } = await node(t, server, { prefix: 'other' })
    await presence.join('room', entry('ada', 'c1'))
    t.match(await presence.join('room', entry('bob', 'c1')), { changed: true })
    t.same((await presence.list('room', 9)).members, [entry('bob', 'c1')])
  })

  await t.test('any node may end a connection that another one brought', async (t) => {
    const [a, b] = [await node(t, server, { prefix: 'foreign' }), await node(t, server, { prefix: 'foreign' })]
    const { version } = await a.broker.presence.join('room', entry('ada', 'c1'))
    t.same(await b.broker.presence.leave('room', 'c2'), { changed: false, version })
    t.match(await b.broker.presence.leave('room', 'c1'), { changed: true })
    t.equal((await a.broker.presence.list('room', 9)).count, 0)
  })

  await t.test('topics and principals with any name are apart, deeper topics too', async (t) => {
    const { broker: { presence } } = await node(t, server, { prefix: 'names' })
    const principals = ['a.b', '*', '>', '', 'ü', 'x'.repeat(200)]
    for (const topic of ['room', 'room:1', 'room:1:x']) {
      for (const principal of principals) await presence.join(topic, entry(principal, `${topic} ${principal}`))
    }
    const { members, count } = await presence.list('room:1', 99)
    t.equal(count, principals.length)
    t.same(members.map(({ principal }) => principal), principals)
  })

  await t.test('those who left are freed, and the version of the topic stays', async (t) => {
    const { broker: { presence }, connection } = await node(t, server, { prefix: 'gone' })
    for (let n = 0; n < 5; n++) {
      await presence.join('room', entry(`p${n}`, `c${n}`))
      await presence.leave('room', `c${n}`)
    }
    const { version } = await presence.list('room', 9)
    t.ok(version > 0)
    let count = 0
    do count = await countOf(connection, 'gone.p.e.>')
    while (count > 1)
    t.equal((await presence.list('room', 9)).version, version)
  })

  await t.test('it survives a restart of the server, and nothing of it ends by itself', async (t) => {
    const { broker: { presence }, connection } = await node(t, server, { prefix: 'kept' })
    await presence.join('room', entry('ada', 'c1'))
    const { config } = await api(connection, `STREAM.INFO.${await streamOf(connection, 'kept.p.>')}`)
    t.match(config, { storage: 'file', max_age: 0 })
  })
})

void t.test('who left last is forgotten after a day', async (t) => {
  const freed: unknown[] = []
  const stored = new Map<string, Stored>()
  let seq = 0
  let now = 0
  const jetStream = new JetStream(Object.create(Requests.prototype) as Requests)
  jetStream.get = async (_stream, query) => stored.get((query as { last_by_subj: string }).last_by_subj)
  jetStream.publishAfter = async (_last, subject, data) => {
    stored.set(subject, { seq: ++seq, time: now, data: Buffer.from(data) })
    return { stream: 's', seq }
  }
  jetStream.api = async <T>(_endpoint: string, body: object) => {
    freed.push((body as { seq: number }).seq)
    return {} as T
  }
  const streams = { presence: { name: 's' } } as unknown as Streams
  const presence = new NatsPresence({ jetStream, streams, subjects: new Subjects('p'), time: () => now })
  const visit = async (topic: string): Promise<void> => {
    await presence.join(topic, entry('ada', topic))
    await presence.leave(topic, topic)
  }
  await visit('a')
  now = 86_399_999
  await visit('b')
  t.same(freed, [])
  now++
  await visit('c')
  t.same(freed, [2])
  // More than can be remembered.
  for (let n = 0; n < 10_010; n++) await visit(`t${n}`)
  now += 86_400_000
  for (let n = 0; n < 1_010; n++) await visit(`u${n}`)
  t.ok(freed.length <= 10_011, String(freed.length))
})
