import { listen, until } from '@fastify-realtime/testing'
import { connectionPool } from '@fastify-realtime/connection-pool'
import { messageRouter } from '@fastify-realtime/message-router'
import type { RoutesOf } from '@fastify-realtime/message-router'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { test } from 'tap'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { connect } from '../src/index.ts'
import type { RealtimeClient } from '../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const same = <A, B>(_same: Same<A, B>): void => {}

/** How often each handler ran. */
const runs = { put: 0, add: 0 }
let answer = (): void => {}

/** Plugins as an app writes them: their types are all that the client is told. */
async function carts (app: FastifyInstance) {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  const schema = { data: Type.Object({ item: Type.String(), count: Type.Number() }), reply: Type.Object({ total: Type.Number() }) }
  const handled = async (name: keyof typeof runs): Promise<{ total: number }> => {
    runs[name]++
    await new Promise<void>((resolve) => { answer = resolve })
    return { total: runs[name] }
  }
  return [
    typed.message('cart.put', { schema, idempotent: true }, async ({ data }) => {
      same<typeof data, { item: string, count: number }>(true)
      return await handled('put')
    }),
    typed.message('cart.add', { schema }, async () => await handled('add'))
  ] as const
}

async function moves (app: FastifyInstance) {
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  const schema = { data: z.object({ x: z.string().transform(Number) }), reply: z.object({ sum: z.number() }) }
  return app.withTypeProvider<ZodTypeProvider>().message('move', { schema, idempotent: true }, ({ data }) => ({ sum: data.x + 1 }))
}

type Routes = RoutesOf<typeof carts> & RoutesOf<typeof moves, 'v1.'>

async function shop (t: Test): Promise<{ readonly app: FastifyInstance, readonly client: RealtimeClient<Routes> }> {
  const app = Fastify({ connectionTimeout: 10_000 })
  await app.register(connectionPool)
  await app.register(messageRouter)
  app.get('/ws', { websocket: true, config: { realtime: { anonymous: true } } }, app.connectionPool.accept)
  await app.register(carts)
  await app.register(moves, { messagePrefix: 'v1.' })
  const client = connect<Routes>(`${await listen(app, t)}/ws`, { WebSocket, minDelay: 1 })
  t.teardown(() => client.close())
  return { app, client }
}

/** Compiled, never run. */
export async function wrong (client: RealtimeClient<Routes>): Promise<void> {
  // @ts-expect-error -- no such type
  await client.request('cart.get', { item: 'tea', count: 1 })
  // @ts-expect-error -- without its prefix there is no such type either
  await client.request('move', { x: '1' })
  // @ts-expect-error -- TypeBox: count is a number
  await client.request('cart.put', { item: 'tea', count: '1' })
  // @ts-expect-error -- Zod: what travels is what the schema takes in
  await client.request('v1.move', { x: 1 })
  // @ts-expect-error -- a number is no string
  const text: string = (await client.request('cart.put', { item: 'tea', count: 1 })).total
  // @ts-expect-error -- the reply has no such field
  void (await client.request('v1.move', { x: '1' })).total
  // @ts-expect-error -- handled twice, it adds twice
  await client.request('cart.add', { item: 'tea', count: 1 }, { resend: true })
  await client.request('cart.add', { item: text, count: 1 }, { resend: false, timeout: 5 })
}

test('schemas and idempotence of the app are types of its client', async (t) => {
  t.type(wrong, 'function')
  const { client } = await shop(t)
  const put = client.request('cart.put', { item: 'tea', count: 1 })
  await until(() => runs.put === 1)
  answer()
  const receipt = await put
  same<typeof receipt, { total: number }>(true)
  const moved = await client.request('v1.move', { x: '2' }, { resend: true })
  same<typeof moved, { sum: number }>(true)
  t.same(moved, { sum: 3 })
  await t.rejects(client.request('v1.move', { x: 2 as unknown as string }), { code: 'invalid-data', retry: false })
})

test('after a cut only what the app says is handled again', async (t) => {
  const { app, client } = await shop(t)
  const before = { ...runs }
  const put = client.request('cart.put', { item: 'tea', count: 1 }, { resend: true })
  await until(() => runs.put === before.put + 1)
  for (const connection of app.connectionPool) connection.terminate({ code: 1006, reason: 'cut' })
  await until(() => runs.put === before.put + 2)
  answer()
  t.same(await put, { total: before.put + 2 })
  const add = client.request('cart.add', { item: 'tea', count: 1 })
  await until(() => runs.add === before.add + 1)
  for (const connection of app.connectionPool) connection.terminate({ code: 1006, reason: 'cut' })
  await t.rejects(add, { code: 'connection-lost' })
  await client.ready()
  await client.request('v1.move', { x: '1' })
  t.equal(runs.add, before.add + 1)
})
