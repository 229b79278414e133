import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'tap'
import { connection, stage } from './model/stage.ts'

test('a publication says where it stands', async (t) => {
  const { broadcast } = await stage({ topics: { a: {}, b: { history: true }, c: { latest: true } } })
  t.match(await broadcast.publish('a', 'm'), { id: /^[\w-]+-0$/, duplicate: false })
  t.match(await broadcast.publish('b', 'm', 1, { id: 'mine' }), { id: 'mine', position: { epoch: String, offset: Number }, duplicate: false })
  t.notOk('position' in await broadcast.publish('c', 'm'))
})

test('the same id publishes once within the window', async (t) => {
  const { broadcast, clock, join, settled } = await stage({ topics: { a: { history: true } } })
  const ada = connection()
  const told: string[] = []
  broadcast.on('publish', (topic, event, { id }) => told.push(`${topic} ${event} ${id}`))
  await join(ada, 'a')
  const first = await broadcast.publish('a', 'm', 1, { id: 'x' })
  t.same(await broadcast.publish('a', 'm', 2, { id: 'x' }), { ...first, duplicate: true })
  clock.advance(300_000)
  t.equal((await broadcast.publish('a', 'm', 3, { id: 'x' })).duplicate, false)
  await settled()
  t.same(ada.data, [1, 3])
  t.same(told, ['a m x', 'a m x'])
  t.equal(broadcast.counters.published, 2)
})

test('a stale version is not published', async (t) => {
  const { broadcast, join, settled } = await stage({ topics: { a: {} } })
  const ada = connection()
  await join(ada, 'a')
  for (const version of [2, 1, 3]) await broadcast.publish('a', 'm', version, { version })
  await settled()
  t.same(ada.data, [2, 3])
  t.match(ada.received, [{ version: 2 }, { version: 3 }])
})

test('except takes a connection or its id', async (t) => {
  const { broadcast, join, settled } = await stage()
  const ada = connection()
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1, { except: ada.self })
  await broadcast.publish('a', 'm', 2, { except: ada.id })
  await broadcast.publish('a', 'm', 3, { except: 'somebody else' })
  await settled()
  t.same(ada.data, [3])
})

test('what cannot be published is refused', async (t) => {
  const { broadcast } = await stage({ topics: { a: {} } })
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  await t.rejects(broadcast.publish('a b', 'm'), { code: 'FRT_ERR_TOPIC_INVALID', message: /Not a topic: "a b"/ })
  await t.rejects(broadcast.publish(7 as unknown as string, 'm'), { code: 'FRT_ERR_TOPIC_INVALID', message: /Not a topic: number/ })
  await t.rejects(broadcast.publish('$a', 'm'), { code: 'FRT_ERR_TOPIC_INVALID' })
  await t.rejects(broadcast.publish('b', 'm'), { code: 'FRT_ERR_TOPIC_UNKNOWN' })
  await t.rejects(broadcast.publish('a', ''), { code: 'FRT_ERR_PUBLICATION_INVALID', message: /event/ })
  await t.rejects(broadcast.publish('a', 'm', 1, { id: '' }), { code: 'FRT_ERR_PUBLICATION_INVALID', message: /id/ })
  await t.rejects(broadcast.publish('a', 'm', 1, { version: 0.5 }), { code: 'FRT_ERR_PUBLICATION_INVALID', message: /version/ })
  await t.rejects(broadcast.publish('a', 'm', circle), { code: 'FRT_ERR_PUBLICATION_INVALID', statusCode: 400, cause: TypeError })
})

test('tracers see publications and deliveries, and their trace travels along', async (t) => {
  const { broadcast, join, settled } = await stage()
  const ada = connection()
  await join(ada, 'a')
  const seen: unknown[] = []
  const publishing = (message: unknown): void => { (message as { trace?: string }).trace = '00-trace' }
  const deliver = { start: (message: unknown): void => { seen.push(message) } }
  subscribe('tracing:fastify-realtime:publish:start', publishing)
  const delivering = tracingChannel('fastify-realtime:deliver')
  delivering.subscribe(deliver as Parameters<typeof delivering.subscribe>[0])
  const { id } = await broadcast.publish('a', 'm', 1)
  await settled()
  unsubscribe('tracing:fastify-realtime:publish:start', publishing)
  await broadcast.publish('a', 'm', 2)
  await settled()
  delivering.unsubscribe(deliver as Parameters<typeof delivering.subscribe>[0])
  t.match(seen, [{ topic: 'a', event: 'm', id, trace: '00-trace' }, { topic: 'a', event: 'm' }])
  t.match(ada.received, [{ trace: '00-trace', data: 1 }, { data: 2 }])
})
