import t from 'tap'
import { jsonCodec, type Codec } from '@fastify-realtime/protocol'
import { build, listen, start } from './harness.ts'

const room = { type: 'object', required: ['room'], properties: { room: { type: 'string' }, size: { type: 'integer', default: 3 } }, additionalProperties: false }

void t.test('data that breaks the schema is invalid-data with the places named', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('join', { schema: { data: room } }, ({ data }) => data)
  })
  const peer = await connect()
  t.same(await peer.ask('join', {}), {
    type: 'failure',
    id: '1',
    code: 'invalid-data',
    message: "data must have required property 'room'",
    retry: false,
    details: {
      code: 'FST_ERR_VALIDATION',
      statusCode: 400,
      validation: [{ path: '', keyword: 'required', message: "must have required property 'room'" }]
    }
  })
  t.match(await peer.ask('join'), { code: 'invalid-data', message: 'data must be object' }, 'no data at all')
  t.match(await peer.ask('join', { room: { a: 1 } }), { message: 'data/room must be string' })
  t.same((await peer.ask('join', { room: 7, size: '4', extra: true })).data, { room: '7', size: 4 }, 'coerced and stripped as Fastify does')
  t.same((await peer.ask('join', { room: 'red' })).data, { room: 'red', size: 3 }, 'defaults apply')
})

void t.test('a root value is coerced too', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('number', { schema: { data: { type: 'number' } } }, ({ data }) => ({ data }))
    app.message('list', { schema: { data: { type: 'array', items: { type: 'number' } } } }, ({ data }) => ({ data }))
  })
  const peer = await connect()
  t.same((await peer.ask('number', '5')).data, { data: 5 })
  t.same((await peer.ask('list', 5)).data, { data: [5] })
})

void t.test('at most ten problems are told', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('many', { schema: { data: { type: 'array', items: { type: 'integer' } } } }, () => {})
  }, { server: { ajv: { customOptions: { allErrors: true } } } })
  const { details } = await (await connect()).ask('many', Array.from({ length: 30 }, () => 'x'))
  t.equal((details as { validation: unknown[] }).validation.length, 10)
})

void t.test('a scope validates with its own schemas, options, keywords and compilers', async (t) => {
  const app = await build(t, {
    server: { ajv: { customOptions: { coerceTypes: false, keywords: ['x-note'] } } }
  })
  app.addSchema({ $id: 'name', type: 'string', maxLength: 3 })
  await app.register(async (inner) => {
    inner.addSchema({ $id: 'inner', type: 'object', required: ['name'], properties: { name: { $ref: 'name#' } } })
    inner.message('ref', { schema: { data: { $ref: 'inner#' }, reply: { $ref: 'inner#' } } }, ({ data }) => ({ ...data as object, extra: 1 }))
    inner.message('ref.again', { schema: { data: { 'x-note': 1, $ref: 'inner#' } } }, ({ data }) => data)
  })
  await app.register(async (custom) => {
    custom.setValidatorCompiler(({ schema }) => (data) => data === schema ? { value: 'same' } : { error: new Error('differs') })
    custom.setSerializerCompiler(({ schema }) => () => JSON.stringify(schema))
    custom.message('custom', { schema: { data: 'x', reply: 'constant' } }, ({ data }) => data)
    custom.message('custom.plain', { schema: { data: 'x' } }, ({ data }) => data)
  })
  const { connect } = await listen(t, app)
  const peer = await connect()
  t.same((await peer.ask('ref', { name: 'ada' })).data, { name: 'ada' }, 'the reply schema leaves the rest out')
  t.match(await peer.ask('ref', { name: 'grace' }), { code: 'invalid-data', message: /fewer than 4|more than 3/u })
  t.match(await peer.ask('ref.again', { name: 5 }), { code: 'invalid-data', message: 'data/name must be string' }, 'not coerced')
  t.equal((await peer.ask('custom', 'x')).data, 'constant')
  t.equal((await peer.ask('custom.plain', 'x')).data, 'same')
  t.match(await peer.ask('custom', 'y'), { code: 'invalid-data', message: 'differs' })
})

void t.test('custom validators may answer true, false, nothing, or later', async (t) => {
  const { connect } = await start(t, async (app) => {
    await app.register(async (scope) => {
      scope.setValidatorCompiler(({ schema }) => Object.assign(
        (data: unknown) => (schema as (data: unknown) => boolean)(data),
        { errors: [{ instancePath: '/a', keyword: 'k', schemaPath: '', params: {} }] }
      ))
      const handler = ({ data }: { data: unknown }): unknown => ({ data })
      scope.message('true', { schema: { data: () => true } }, handler)
      scope.message('nothing', { schema: { data: () => undefined } }, handler)
      scope.message('null', { schema: { data: () => null } }, handler)
      scope.message('no-value', { schema: { data: () => ({ error: null }) } }, handler)
      scope.message('false', { schema: { data: () => false } }, handler)
      scope.message('later', { schema: { data: async () => ({ value: 'injected' }) } }, handler)
      scope.message('later.false', { schema: { data: async () => false } }, handler)
      scope.message('later.error', { schema: { data: async () => { throw Object.assign(new Error('taken'), { statusCode: 409 }) } } }, handler)
      scope.message('throws', { schema: { data: () => { throw new Error('bug') } } }, handler)
    })
  })
  const peer = await connect()
  t.same((await peer.ask('true', 1)).data, { data: 1 })
  t.same((await peer.ask('nothing', 2)).data, { data: 2 })
  t.same((await peer.ask('null', 2)).data, { data: 2 })
  t.same((await peer.ask('no-value', 2)).data, { data: 2 })
  t.match(await peer.ask('false', 3), { code: 'invalid-data', details: { validation: [{ path: '/a', keyword: 'k', message: 'invalid' }] } })
  t.same((await peer.ask('later', 4)).data, { data: 4 }, 'an asynchronous validator only passes or fails')
  t.match(await peer.ask('later.false', 4), { code: 'invalid-data' })
  t.match(await peer.ask('later.error', 4), { code: 'conflict', message: 'taken' })
  t.match(await peer.ask('throws', 4), { code: 'internal' })
})

void t.test('a schemaErrorFormatter of the scope words the failure', async (t) => {
  const { connect } = await start(t, async (app) => {
    await app.register(async (scope) => {
      scope.setSchemaErrorFormatter((errors, part) => new Error(`${part}: ${errors.length} problem`))
      scope.message('join', { schema: { data: room } }, () => {})
    })
    app.message('plain', { schema: { data: room } }, () => {})
  })
  const peer = await connect()
  t.equal((await peer.ask('join', {})).message, 'body: 1 problem')
  t.equal((await peer.ask('plain', {})).message, "data must have required property 'room'")
})

void t.test('a reply that does not fit its schema is internal', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('sized', { schema: { reply: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } } }, ({ data }) => data)
  })
  const peer = await connect()
  t.same(await peer.ask('sized', { size: 2, secret: 1 }), { type: 'reply', id: '1', data: { size: 2 } })
  t.equal((await peer.ask('sized', {})).code, 'internal')
  t.same(await peer.ask('sized'), { type: 'reply', id: '3' }, 'no data is no reply data')
  peer.send({ type: 'sized', id: 'quo"te', data: { size: 1 } })
  t.same(await peer.next(), { type: 'reply', id: 'quo"te', data: { size: 1 } })
})

void t.test('the codec of the connection puts the reply around what the schema left', async (t) => {
  const shouting: Codec = { ...jsonCodec, subprotocol: 'shouting', encodeReply: (id, payload) => `{"type":"reply","id":"${id}","data":${payload as string},"loud":true}` }
  const { connect } = await start(t, (app) => {
    app.message('sized', { schema: { reply: { type: 'object', properties: { size: { type: 'integer' } } } } }, () => ({ size: 2, secret: 1 }))
  }, { pool: { codecs: [shouting] } })
  t.same(await (await connect()).ask('sized'), { type: 'reply', id: '1', data: { size: 2 }, loud: true })
})

void t.test('the route that carries the compilers answers 404 and shows no schema', async (t) => {
  const { app } = await start(t, (app) => {
    app.message('join', { schema: { data: room } }, () => {})
    app.message('join:*', { schema: { reply: room } }, () => {})
  })
  for (const url of ['/.messages/1/join', '/.messages/2/join:*']) {
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload: {} })
    t.equal(statusCode, 404)
    t.match(body, /not found/u)
    t.notMatch(body, /'room'/u)
  }
})

void t.test('a schema that does not compile refuses to boot and names the message', async (t) => {
  for (const [part, schema] of Object.entries({
    validation: { data: { type: 'nonsense' } },
    serialization: { reply: { $ref: 'nowhere#' } }
  })) {
    const app = await build(t)
    app.message('broken', { schema }, () => {})
    await t.rejects(async () => app.ready(), { message: /broken/u }, part)
  }
  for (const schema of [{ data: { type: 'nonsense' } }, { reply: { $ref: 'nowhere#' } }]) {
    const app = await build(t)
    app.message('fine', { schema: { data: room, reply: room } }, () => {})
    app.message('broken', { schema }, () => {})
    await t.rejects(async () => app.ready(), { code: 'FRT_ERR_MESSAGE_SCHEMA', message: /broken/u, cause: Error })
  }
})

void t.test('a message may be added while the app gets ready, with a schema if its scope has compilers', async (t) => {
  const app = await build(t)
  app.addHook('onReady', async function () {
    app.message('subscribe', { builtIn: true }, () => 'subscribed')
    t.throws(() => app.message('late', { schema: { data: room } }, () => {}), { code: 'FRT_ERR_MESSAGE_SCHEMA', message: /built already/u })
    t.throws(() => app.message('late.reply', { schema: { reply: room } }, () => {}), { code: 'FRT_ERR_MESSAGE_SCHEMA', message: /built already/u })
  })
  const { connect } = await listen(t, app)
  t.equal((await (await connect()).ask('subscribe')).data, 'subscribed')
})
