import t from 'tap'
import type { FastifyInstance } from 'fastify'
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { Type } from 'typebox'
import { z } from 'zod'
import type { Principal } from '@fastify-realtime/protocol'
import type { Jsonify, MessageContext, MessageRoute, RoutesOf } from '../src/index.ts'
import { build, listen, start } from './harness.ts'

/** Compiles only when both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const same = <A, B>(_same: Same<A, B>): void => {}

const ChatText = Type.Object({ room: Type.String(), text: Type.String() })
const Receipt = Type.Object({ id: Type.String() })

/** A plugin as an app would write it: its type is the contract with the client. */
async function chat (app: FastifyInstance) {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  return [
    typed.message('chat.send', { schema: { data: ChatText, reply: Receipt } }, ({ data }) => {
      same<typeof data, { room: string, text: string }>(true)
      return { id: data.room }
    }),
    typed.message('chat.typing', { schema: { data: Type.Object({ room: Type.String() }) } }, async ({ data }) => ({ at: new Date(0), room: data.room })),
    typed.message('chat.count', () => 5)
  ] as const
}

void t.test('the routes of a plugin are a type for the client', async (t) => {
  type Routes = RoutesOf<typeof chat>
  same<keyof Routes, 'chat.send' | 'chat.typing' | 'chat.count'>(true)
  same<Routes['chat.send']['data'], { room: string, text: string }>(true)
  same<Routes['chat.send']['reply'], { id: string }>(true)
  same<Routes['chat.typing']['reply'], { at: string, room: string }>(true)
  same<Routes['chat.count']['data'], unknown>(true)
  same<Routes['chat.count']['reply'], number>(true)
  same<keyof RoutesOf<typeof chat, 'v1.'>, 'v1.chat.send' | 'v1.chat.typing' | 'v1.chat.count'>(true)

  const request = async <Type extends keyof Routes>(_type: Type, _data: Routes[Type]['data']): Promise<Routes[Type]['reply'] | undefined> => undefined
  const receipt = await request('chat.send', { room: 'red', text: 'hi' })
  void receipt?.id
  // @ts-expect-error the reply has no such field
  void receipt?.position
  // @ts-expect-error text is missing
  await request('chat.send', { room: 'red' })
  // @ts-expect-error nobody handles it
  await request('chat.sent', { room: 'red', text: 'hi' })

  const { connect } = await start(t, async (app) => app.register(chat))
  const peer = await connect()
  t.same((await peer.ask('chat.send', { room: 'red', text: 'hi' })).data, { id: 'red' })
  t.same((await peer.ask('chat.typing', { room: 'red' })).data, { at: '1970-01-01T00:00:00.000Z', room: 'red' })
  t.equal((await peer.ask('chat.count')).data, 5)
})

void t.test('what does not fit a schema is a compile error', async (t) => {
  const app = (await build(t)).withTypeProvider<TypeBoxTypeProvider>()
  // @ts-expect-error the reply has no id
  app.message('a', { schema: { reply: Receipt } }, () => ({ number: 5 }))
  // @ts-expect-error the reply is missing
  app.message('b', { schema: { reply: Receipt } }, async () => {})
  app.message('c', { schema: { data: ChatText, reply: Receipt } }, ({ data, reply, principal, connection, signal, log }) => {
    // @ts-expect-error the data has no such field
    void data.topic
    same<typeof principal, Principal>(true)
    void connection.id
    void signal.aborted
    log.info('x')
    if (data.text === '') {
      // @ts-expect-error the reply has no id
      return reply({ number: 5 })
    }
    return reply({ id: 'x' })
  })
  // @ts-expect-error there is no such option
  t.throws(() => app.message('d', { retries: 5 }, () => {}), { message: /message "d": there is no option "retries"/u })
  app.message('e', function () { void this.connectionPool.size })
  // @ts-expect-error a type is a string
  t.throws(() => app.message(5, () => {}))
  app.message('f', {
    preHandler: async (request, reply) => {
      void request.connection.id
      // @ts-expect-error messages have no query
      void request.query
      reply.code(403)
    }
  }, () => {})
  same<RoutesOf<ReturnType<typeof lone>>['lone'], { readonly data: unknown, readonly reply: { at: string }, readonly idempotent: false }>(true)
  await app.ready()
})

function lone (app: FastifyInstance) {
  return app.message('lone', ({ connection }) => ({ at: new Date(connection.openedAt) }))
}

void t.test('without a schema the types are those of the handler', async (t) => {
  const plugin = async (app: FastifyInstance) => ({
    sum: app.message('sum', ({ data }: MessageContext<{ a: number, b: number }>) => data.a + data.b),
    slow: app.message('slow', { timeout: 5 }, ({ data }: MessageContext<{ a: number }>) => data.a),
    json: app.message('json', { schema: { data: { type: 'object' } } }, ({ data }: MessageContext<{ a: number }>) => data.a),
    replies: app.message('replies', ({ reply }) => reply(5))
  })
  type Routes = RoutesOf<typeof plugin>
  same<Routes['sum'], { readonly data: { a: number, b: number }, readonly reply: number, readonly idempotent: false }>(true)
  same<Routes['slow']['data'], { a: number }>(true)
  same<Routes['json']['data'], { a: number }>(true)
  same<Routes['replies']['reply'], unknown>(true)
  same<RoutesOf<MessageRoute<'one', 1, 2, true>>, { readonly one: { readonly data: 1, readonly reply: 2, readonly idempotent: true } }>(true)
  const { connect } = await start(t, async (app) => app.register(async (scope) => { await plugin(scope) }))
  t.equal((await (await connect()).ask('sum', { a: 2, b: 3 })).data, 5)
})

function twice (app: FastifyInstance, idempotent: boolean) {
  return [
    app.message('read', { idempotent: true }, () => 5),
    app.message('count', { idempotent: false }, () => 5),
    app.message('usual', { timeout: 5 }, () => 5),
    app.message('unsaid', { idempotent }, () => 5)
  ] as const
}

void t.test('whether a route is idempotent is part of its type', async () => {
  type Routes = RoutesOf<typeof twice>
  same<Routes['read']['idempotent'], true>(true)
  same<Routes['count']['idempotent'], false>(true)
  same<Routes['usual']['idempotent'], false>(true)
  same<Routes['unsaid']['idempotent'], boolean>(true)
})

void t.test('what travels as JSON is typed as JSON', async () => {
  same<Jsonify<{ at: Date, list: Array<Date | null>, run: () => void, deep: { a?: Date }, n: bigint }>,
    { at: string, list: Array<string | null>, run: undefined, deep: { a?: string }, n: never }>(true)
  same<Jsonify<void>, undefined>(true)
  same<Jsonify<unknown>, unknown>(true)
})

void t.test('TypeBox compiles and infers', async (t) => {
  const plugin: FastifyPluginAsyncTypebox = async (app) => {
    app.setValidatorCompiler(TypeBoxValidatorCompiler)
    app.message('send', { schema: { data: ChatText, reply: Receipt } }, async ({ data }) => ({ id: data.text, extra: 1 }))
  }
  const { connect } = await start(t, async (app) => app.register(plugin))
  const peer = await connect()
  t.same((await peer.ask('send', { room: 'red', text: 'hi' })).data, { id: 'hi' })
  t.equal((await peer.ask('send', { room: 'red' })).code, 'invalid-data')
})

const Move = z.object({ x: z.string().transform(Number), y: z.number().default(1) })

function zodRoutes (app: FastifyInstance) {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  return typed.message('move', { schema: { data: Move, reply: z.object({ sum: z.number() }) } }, ({ data }) => {
    same<typeof data, { x: number, y: number }>(true)
    return { sum: data.x + data.y, extra: true }
  })
}

void t.test('Zod compiles and infers, and the client sends what the schema takes in', async (t) => {
  type Routes = RoutesOf<typeof zodRoutes>
  same<Routes['move']['data'], { x: string, y?: number | undefined }>(true)
  same<Routes['move']['reply'], { sum: number }>(true)
  const served = await build(t)
  await served.register(async (scope) => {
    scope.setValidatorCompiler(validatorCompiler)
    scope.setSerializerCompiler(serializerCompiler)
    zodRoutes(scope)
    // @ts-expect-error sum is a number
    scope.withTypeProvider<ZodTypeProvider>().message('wrong', { schema: { reply: z.object({ sum: z.number() }) } }, () => ({ sum: 'x' }))
  })
  const peer = await (await listen(t, served)).connect()
  t.same((await peer.ask('move', { x: '2' })).data, { sum: 3 })
  t.match(await peer.ask('move', { x: 5 }), { code: 'invalid-data', details: { validation: [{ path: '/x' }] } })
  t.match(await peer.ask('move'), { code: 'invalid-data' })
  t.equal((await peer.ask('wrong')).code, 'internal')
})
