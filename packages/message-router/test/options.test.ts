import Fastify from 'fastify'
import t from 'tap'
import { InvalidOptionError, messageRouter, type MessageOptions, type MessageRouterOptions } from '../src/index.ts'
import { build } from './harness.ts'

void t.test('a route refuses what it cannot use, and says what it expected, what came and where', async (t) => {
  const app = await build(t)
  const wrong: Array<[options: object, words: RegExp]> = [
    [{ schema: null }, /message "x": schema must be an object with data and reply, but it is null/u],
    [{ schema: 5 }, /schema .* 5/u],
    [{ only: 'ws' }, /only must be the URL pattern .* but it is 'ws'/u],
    [{ only: [] }, /only/u],
    [{ only: [5] }, /only/u],
    [{ only: 5 }, /only/u],
    [{ timeout: 0 }, /timeout must be milliseconds from 1 to 2147483647, or false, but it is 0/u],
    [{ timeout: Infinity }, /timeout .* Infinity/u],
    [{ timeout: Number.NaN }, /timeout .* NaN/u],
    [{ timeout: '5' }, /timeout .* '5'/u],
    [{ timeout: 2 ** 31 }, /timeout/u],
    [{ rateLimit: 5 }, /rateLimit must be false or \{ max, timeWindow \}, but it is 5/u],
    [{ rateLimit: null }, /rateLimit/u],
    [{ rateLimit: { max: 0, timeWindow: 1 } }, /rateLimit.max must be a whole number from 1, but it is 0/u],
    [{ rateLimit: { max: 1.5, timeWindow: 1 } }, /rateLimit.max/u],
    [{ rateLimit: { max: 1, timeWindow: false } }, /rateLimit.timeWindow must be milliseconds from 1 to 2147483647, but it is false/u],
    [{ idempotent: 'yes' }, /idempotent must be a boolean, but it is 'yes'/u],
    [{ builtIn: 1 }, /builtIn/u],
    [{ preHandler: 'x' }, /preHandler must be a function or a list of functions, but it is 'x'/u],
    [{ preValidation: [() => {}, null] }, /preValidation .* null/u]
  ]
  for (const [options, message] of wrong) {
    t.throws(() => app.message('x', options as MessageOptions, () => {}), { code: 'FRT_ERR_MESSAGE_OPTION', message }, message.source)
  }
  t.throws(() => (app.message as unknown as (type: string) => void)('x'), { message: /message "x": handler must be a function, but it is undefined/u })
  t.throws(() => app.message('x', {}, 'no function' as never), { message: /message "x": handler must be a function/u })
  for (const type of ['', 'x'.repeat(129), 'é'.repeat(65), 5 as never]) {
    t.throws(() => app.message(type, () => {}), { message: /type must be a string of 1 to 128 bytes/u })
  }
  t.throws(() => app.message('x', { timeout: 0 }, () => {}), InvalidOptionError)
})

void t.test('types of the protocol are refused, unless a sister package brings them', async (t) => {
  const app = await build(t)
  for (const type of ['subscribe', 'reply', 'failure', 'auth.refresh', 'realtime.x']) {
    t.throws(() => app.message(type, () => {}), { code: 'FRT_ERR_MESSAGE_RESERVED' }, type)
  }
  app.message('subscribe', { builtIn: true }, () => {})
  await app.register(async (scope) => {
    t.throws(() => scope.message('x', () => {}), { code: 'FRT_ERR_MESSAGE_RESERVED', message: /"realtime\.x"/u }, 'with its prefix')
  }, { messagePrefix: 'realtime.' })
})

void t.test('a type has one handler on each endpoint', async (t) => {
  const app = await build(t)
  app.message('send', () => {})
  app.message('send', { only: '/ws' }, () => {})
  t.throws(() => app.message('send', () => {}), { code: 'FRT_ERR_MESSAGE_DUPLICATE', message: /"send" has a handler already on every endpoint: .*messagePrefix/u })
  t.throws(() => app.message('send', { only: ['/x', '/ws'] }, () => {}), { code: 'FRT_ERR_MESSAGE_DUPLICATE', message: /already on \/ws/u })
  await t.rejects(async () => app.register(async (scope) => { scope.message('send', () => {}) }), { code: 'FRT_ERR_MESSAGE_DUPLICATE' })
})

void t.test('only with an endpoint that does not exist refuses to boot', async (t) => {
  const app = await build(t)
  app.get('/ws', { websocket: true }, app.connectionPool.accept)
  app.message('send', { only: ['/ws', '/wss'] }, () => {})
  await t.rejects(async () => app.ready(), { code: 'FRT_ERR_MESSAGE_OPTION', message: /message "send": only must be the URL pattern of a route, but it is '\/wss'/u })
})

void t.test('message returns the full type', async (t) => {
  const app = await build(t)
  t.same(app.message('send', () => {}), { type: 'send' })
  await app.register(async (scope) => {
    t.same(scope.message('send', () => {}), { type: 'chat.send' })
  }, { messagePrefix: 'chat.' })
})

void t.test('the plugin refuses options that it cannot use', async (t) => {
  for (const [options, message] of [
    [{ timeout: 0 }, /message-router: timeout must be/u],
    [{ clock: {} }, /message-router: clock must be a Clock/u],
    [{ clock: null }, /message-router: clock must be a Clock/u],
    [{ messagePrefix: 5 }, /register options: messagePrefix must be a string, but it is 5/u],
    [{ messageHooks: 5 }, /register options: messageHooks must be an object/u],
    [{ messageHooks: null }, /register options: messageHooks must be an object/u],
    [{ messageHooks: { preHandler: 5 } }, /register options: messageHooks.preHandler must be a function/u]
  ] as const) {
    await t.rejects(build(t, { router: options as unknown as MessageRouterOptions }), { code: 'FRT_ERR_MESSAGE_OPTION', message })
  }
})

void t.test('a name that nobody reads refuses to boot', async (t) => {
  const app = await build(t)
  const code = 'FRT_ERR_OPTION_NAME'
  for (const [options, message] of [
    [{ preHandlers: () => {} }, 'message "x": there is no option "preHandlers", did you mean "preHandler"? (known: schema, only, preValidation, preHandler, rateLimit, timeout, idempotent, builtIn)'],
    [{ rateLimit: { max: 1, timewindow: 1 } }, 'message "x" rateLimit: there is no option "timewindow", did you mean "timeWindow"? (known: max, timeWindow)'],
    [{ schema: { type: 'object' } }, 'message "x" schema: there is no option "type" (known: data, reply)']
  ] as const) t.throws(() => app.message('x', options as unknown as MessageOptions, () => {}), { code, message })
  for (const [options, message] of [
    [{ timeOut: 5 }, 'messageRouter: there is no option "timeOut", did you mean "timeout"? (known: timeout, clock, messageHooks, messagePrefix)'],
    [{ messageHooks: { onRequest: () => {} } }, 'register options: messageHooks: there is no option "onRequest" (known: preValidation, preHandler)']
  ] as const) await t.rejects(build(t, { router: options as unknown as MessageRouterOptions }), { code, message })
})

void t.test('a schema under a name of HTTP routes refuses to boot, and says where it belongs', async (t) => {
  const app = await build(t)
  const refusal = (schema: object): void => { app.message('x', { schema } as MessageOptions, () => {}) }
  t.throws(() => refusal({ body: {} }), { code: 'FRT_ERR_MESSAGE_OPTION', message: 'message "x": schema.body is of HTTP routes: the schema of a message has data and reply, and this belongs in data' })
  for (const name of ['querystring', 'query', 'params', 'headers']) t.throws(() => refusal({ data: {}, [name]: {} }), { message: /belongs in data/u }, name)
  t.throws(() => refusal({ response: { 200: {} } }), { message: /schema.response .* belongs in reply/u })
})

void t.test('register options of a scope are checked, too', async (t) => {
  const app = await build(t)
  void app.register(async () => {}, { messageHooks: { preHandlers: () => {} } } as never)
  await t.rejects(async () => app.ready(), { code: 'FRT_ERR_OPTION_NAME', message: /messageHooks: there is no option "preHandlers"/u })
})

void t.test('without the pool it refuses to boot', async (t) => {
  const app = Fastify()
  t.teardown(async () => app.close())
  await t.rejects(async () => app.register(messageRouter), { code: 'FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE', message: /connectionPool/u })
})
