import t from 'tap'
import fastifyAuth from '@fastify/auth'
import createError from '@fastify/error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MessageHook } from '../src/index.ts'
import { build, listen, start } from './harness.ts'

void t.test('hooks run around validation, in order, and see and change the data', async (t) => {
  const order: string[] = []
  const { connect } = await start(t, (app) => {
    app.message('join', {
      schema: { data: { type: 'object', required: ['room'], properties: { room: { type: 'string' } } } },
      preValidation: [
        (request, _reply, done) => {
          order.push('callback')
          request.body = { room: 5 }
          done()
        },
        async function (request) {
          order.push(`async ${this === app}`)
          t.same(request.body, { room: 5 })
        }
      ],
      preHandler: async (request) => {
        order.push('preHandler')
        t.same(request.body, { room: '5' }, 'after validation')
      }
    }, ({ data }) => data)
  })
  t.same((await (await connect()).ask('join', 'replaced')).data, { room: '5' })
  t.same(order, ['callback', 'async true', 'preHandler'])
})

void t.test('a hook that fails, throws or sends keeps the handler from running', async (t) => {
  const hooks: Record<string, MessageHook> = {
    done: (_request, _reply, done) => done(Object.assign(new Error('no'), { statusCode: 403 })),
    rejects: async () => { throw Object.assign(new Error('no'), { statusCode: 403 }) },
    throws: () => { throw Object.assign(new Error('no'), { statusCode: 403 }) },
    status: async (_request, reply) => {
      reply.code(403)
      throw new Error('no')
    },
    sends: async (_request, reply) => { reply.code(403).send({ message: 'no' }) },
    'sends without done': (_request, reply) => { setImmediate(() => reply.code(403).send('no')) },
    'sends an error': async (_request, reply) => { reply.code(403).send(new Error('no')) }
  }
  const { connect } = await start(t, (app) => {
    for (const [name, hook] of Object.entries(hooks)) {
      app.message(`before ${name}`, { preValidation: hook }, () => t.fail('handled'))
      app.message(`after ${name}`, { preValidation: async () => {}, preHandler: [hook, () => t.fail('later hook ran')] }, () => t.fail('handled'))
    }
    app.message('cached', { preHandler: async (_request, reply) => { reply.send({ from: 'cache' }) } }, () => t.fail('handled'))
  })
  const peer = await connect()
  for (const name of Object.keys(hooks)) {
    t.match(await peer.ask(`before ${name}`), { code: 'forbidden', message: 'no' }, name)
    t.match(await peer.ask(`after ${name}`), { code: 'forbidden', message: 'no' }, name)
  }
  t.match(await peer.ask('cached'), { type: 'reply', data: { from: 'cache' } })
})

void t.test('with hooks, validation and handler fail as they do without', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('join', { schema: { data: { type: 'string' } }, preHandler: async () => {} }, async () => { throw new Error('bug') })
  })
  const peer = await connect()
  t.equal((await peer.ask('join', {})).code, 'invalid-data')
  t.equal((await peer.ask('join', 'red')).code, 'internal')
})

void t.test('an asynchronous schema is waited for between the hooks', async (t) => {
  const { connect } = await start(t, (app) => {
    app.setValidatorCompiler(() => (async (data: unknown) => data === 'good') as never)
    app.message('join', { schema: { data: {} }, preHandler: async () => {} }, () => 'joined')
  })
  const peer = await connect()
  t.equal((await peer.ask('join', 'good')).data, 'joined')
  t.equal((await peer.ask('join', 'bad')).code, 'invalid-data')
})

void t.test('a status that is none refuses', async (t) => {
  const { connect } = await start(t, (app) => {
    for (const status of ['forbidden', Number.NaN, undefined, 0, 600]) {
      app.message(String(status), { preHandler: async (_request, reply) => { reply.code(status as number).send('no') } }, () => t.fail('handled'))
    }
    app.message('text', { preHandler: async (_request, reply) => { reply.code('403' as never).send(null) } }, () => t.fail('handled'))
  })
  const peer = await connect()
  for (const type of ['forbidden', 'NaN', 'undefined', '0', '600']) t.equal((await peer.ask(type)).code, 'internal', type)
  t.same(await peer.ask('text'), { type: 'failure', id: peer.lastId, code: 'forbidden', message: 'forbidden', retry: false })
})

void t.test('a hook cannot change who the connection acts for', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('join', { preHandler: async (request) => { Object.assign(request, { principal: { id: 'grace' } }) } }, () => t.fail('handled'))
  })
  t.equal((await (await connect()).ask('join')).code, 'internal')
})

void t.test('what a hook puts on the request, later hooks and the error handler find', async (t) => {
  const { connect } = await start(t, (app) => {
    app.setErrorHandler((_error, request, reply) => { void reply.code(409).send({ user: Reflect.get(request, 'user') as unknown }) })
    app.message('join', {
      preValidation: async (request) => {
        Object.assign(request, { user: 'grace' })
      },
      preHandler: async (request) => {
        t.equal(Reflect.get(request, 'user'), 'grace')
        t.same(request.principal, { id: 'ada' })
        request.log.info('seen')
        t.equal(request.signal.aborted, false)
      }
    }, () => { throw new Error('x') })
  })
  t.same((await (await connect()).ask('join')).details, { user: 'grace' })
})

void t.test('messageHooks and messagePrefix hold for a scope and the scopes inside it, and for no other', async (t) => {
  const order: string[] = []
  const hook = (name: string): MessageHook => async () => { order.push(name) }
  const app = await build(t, { router: { messagePrefix: 'v1.', messageHooks: { preValidation: hook('root') } } })
  app.message('plain', () => 'plain')
  await app.register(async (outer) => {
    outer.message('send', { preHandler: hook('route') }, () => 'send')
    await outer.register(async (inner) => {
      inner.message('edit', () => 'edit')
    }, { messageHooks: { preHandler: hook('inner') } })
    await outer.register(async (inner) => {
      inner.message('same', () => 'same')
    }, { prefix: '/http-only' })
  }, { messagePrefix: 'chat.', messageHooks: { preValidation: hook('outer'), preHandler: [hook('outer handler')] } })
  app.message('realtime.own', { builtIn: true }, () => 'own')
  const { connect } = await listen(t, app)
  const peer = await connect()
  for (const [type, hooks] of [
    ['v1.plain', ['root']],
    ['v1.chat.send', ['root', 'outer', 'outer handler', 'route']],
    ['v1.chat.edit', ['root', 'outer', 'outer handler', 'inner']],
    ['v1.chat.same', ['root', 'outer', 'outer handler']],
    ['realtime.own', []]
  ] as const) {
    t.equal((await peer.ask(type)).data, type.split('.').at(-1), type)
    t.same(order.splice(0), hooks, type)
  }
  t.equal((await peer.ask('chat.send')).code, 'unknown-type')
})

void t.test('functions of @fastify/auth work as hooks', async (t) => {
  const Denied = createError('DENIED', 'denied %s', 403)
  const { connect } = await start(t, async (app) => {
    await app.register(fastifyAuth)
    const member = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
      done((request.body as { member?: boolean }).member === true ? undefined : new Error('not a member'))
    }
    const admin = async (request: FastifyRequest): Promise<void> => {
      if ((request.body as { admin?: boolean }).admin !== true) throw new Denied('admin')
    }
    app.message('either', { preHandler: app.auth([member, admin]) }, () => 'in')
    app.message('both', { preHandler: app.auth([member, admin], { relation: 'and' }) }, () => 'in')
    app.message('scoped', { preHandler: [app.auth([member]), app.auth([admin])] }, () => 'in')
  })
  const peer = await connect()
  t.equal((await peer.ask('either', { member: true })).data, 'in')
  t.equal((await peer.ask('either', { admin: true })).data, 'in')
  t.match(await peer.ask('either', {}), { code: 'forbidden', message: 'denied admin', details: { code: 'DENIED', statusCode: 403 } })
  t.equal((await peer.ask('both', { admin: true, member: true })).data, 'in')
  t.match(await peer.ask('both', { admin: true }), { code: 'unauthenticated', message: 'not a member' })
  t.equal((await peer.ask('scoped', { admin: true, member: true })).data, 'in')
  t.equal((await peer.ask('scoped', { member: true })).code, 'forbidden')
})
