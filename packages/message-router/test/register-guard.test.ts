import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import t from 'tap'
import { build, listen } from './harness.ts'

const hooks = { messageHooks: { preHandler: async () => { throw Object.assign(new Error('no'), { statusCode: 403 }) } } }
const plugin: FastifyPluginAsync = async (app) => { app.message('send', () => 'sent') }
const wrapped = fp(async (app) => { app.message('send', () => 'sent') }, { name: 'chat' })
const noScope = { code: 'FRT_ERR_MESSAGE_OPTION', message: /"chat" makes no scope that messageHooks and messagePrefix could hold for/u }

void t.test('hooks and prefix for a plugin that makes no scope refuse to boot', async (t) => {
  const app = await build(t)
  t.throws(() => app.register(wrapped, hooks), noScope)
  t.throws(() => app.register(wrapped, { messagePrefix: 'chat.' }), noScope)
  t.throws(() => app.register({ default: wrapped } as never, hooks), noScope)
  const bare = Object.assign(async function chat () {}, { [Symbol.for('skip-override')]: true })
  t.throws(() => app.register(bare, hooks), noScope)
  await t.rejects(async () => app.register(async (scope) => { await scope.register(wrapped, hooks) }), noScope, 'in a scope too')
})

void t.test('so they do for a plugin that is still being imported', async (t) => {
  const app = await build(t)
  void app.register(async () => new Promise((resolve) => { setTimeout(resolve, 5) }))
  void app.register(Promise.resolve({ default: wrapped }), hooks)
  await t.rejects(async () => app.ready(), noScope)
})

void t.test('and when a function gives them, which Fastify calls too late', async (t) => {
  const app = await build(t)
  void app.register(plugin, () => hooks)
  await t.rejects(async () => app.ready(), { code: 'FRT_ERR_MESSAGE_OPTION', message: /must be in an object, but a function gave them/u })
})

void t.test('what is no plugin Fastify refuses itself', async (t) => {
  const app = await build(t)
  for (const plugin of [undefined, null, {}]) {
    t.throws(() => app.register(plugin as never, hooks), { code: 'AVV_ERR_PLUGIN_NOT_VALID' })
  }
})

void t.test('everything else is registered as it was', async (t) => {
  const app = await build(t)
  const seen: unknown[] = []
  const note: FastifyPluginAsync = async (_app, options) => { seen.push(options) }
  const added = app.register(fp(note), { a: 1 } as never)
  t.equal(added, app)
  await app.register(note, () => ({ a: 2 }))
  await app.register(note)
  await app.register(fp(note), { messagePrefix: undefined } as never)
  await app.register(fp(plugin, { encapsulate: true }), { ...hooks, messagePrefix: 'a.' })
  await app.register(Promise.resolve({ default: plugin }), { ...hooks, messagePrefix: 'b.' })
  t.same(seen, [{ a: 1 }, { a: 2 }, {}, { messagePrefix: undefined }])
  const peer = await (await listen(t, app)).connect()
  t.equal((await peer.ask('a.send')).code, 'forbidden')
  t.equal((await peer.ask('b.send')).code, 'forbidden')
})
