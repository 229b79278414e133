import t from 'tap'
import createError from '@fastify/error'
import { messageFailure } from '@fastify-realtime/protocol'
import { build, listen, start } from './harness.ts'

const statuses: Array<[status: number, code: string]> = [
  [400, 'invalid-data'], [401, 'unauthenticated'], [403, 'forbidden'], [404, 'not-found'], [408, 'timeout'],
  [409, 'conflict'], [410, 'not-found'], [413, 'too-large'], [422, 'invalid-data'], [429, 'rate-limited'], [500, 'internal'],
  [502, 'internal'], [503, 'unavailable'], [504, 'timeout'], [200, 'internal']
]

void t.test('a thrown error becomes the failure of its status', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('fail', ({ data }) => { throw Object.assign(new Error('words'), { statusCode: data }) })
  })
  const peer = await connect()
  for (const [status, code] of statuses) {
    const failure = await peer.ask('fail', status)
    t.equal(failure.code, code, String(status))
    t.equal(failure.message, code === 'internal' ? 'internal error' : 'words')
    t.equal(failure.retry, ['rate-limited', 'unavailable'].includes(code))
    t.same(failure.details, code === 'internal' ? undefined : { statusCode: status })
  }
})

void t.test('a @fastify/error keeps its code and status', async (t) => {
  const Full = createError('ROOM_FULL', 'room %s is full', 409)
  const { connect } = await start(t, (app) => {
    app.message('join', async () => { throw new Full('red') })
  })
  t.same(await (await connect()).ask('join'), {
    type: 'failure', id: '1', code: 'conflict', message: 'room red is full', retry: false, details: { code: 'ROOM_FULL', statusCode: 409 }
  })
})

void t.test('a message failure says exactly what it was made of', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('full', () => { throw messageFailure('unavailable', 'try later', { retry: true, details: { seats: 0 } }) })
  })
  t.same(await (await connect()).ask('full'), {
    type: 'failure', id: '1', code: 'unavailable', message: 'try later', retry: true, details: { seats: 0 }
  })
})

void t.test('nothing leaks through internal, whatever is thrown', async (t) => {
  const log: string[] = []
  const { connect } = await start(t, (app) => {
    app.message('fail', ({ data }) => {
      throw [new Error('password=hunter2'), 'password=hunter2', null, undefined, { code: 'PW' }][data as number]
    })
    app.message('circular', () => {
      const circle: { self?: unknown } = {}
      circle.self = circle
      return circle
    })
  }, { server: { logger: { level: 'error', stream: { write: (line: string) => { log.push(line) } } } } })
  const peer = await connect()
  for (let i = 0; i < 5; i++) {
    t.same(await peer.ask('fail', i), { type: 'failure', id: String(i + 1), code: 'internal', message: 'internal error', retry: false })
  }
  t.equal((await peer.ask('circular')).code, 'internal')
  t.equal(log.length, 6, 'each is logged')
  t.match(log[0], /"messageType":"fail"/u)
})

void t.test('an error without words says its code', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('fail', () => { throw Object.assign(new Error(''), { status: 403 }) })
  })
  t.match(await (await connect()).ask('fail'), { code: 'forbidden', message: 'forbidden' })
})

void t.test('setErrorHandler answers: its status is the failure, its payload the message and details', async (t) => {
  const { connect } = await start(t, (app) => {
    app.setErrorHandler(async (error: Error, request, reply) => {
      if (error.message === 'async') return reply.code(404).send({ message: 'gone', hint: 1 })
      if (error.message === 'fine') return reply.code(200).send('after all')
      if (error.message === 'text') return reply.status(403).header('x', 'y').headers({}).type('text/plain').send('no entry')
      if (error.message === 'returned') return { message: 'kept status' }
      if (error.message === 'internal') return reply.code(500).send({ message: 'secret', stack: '…' })
      if (error.message === 'twice') return reply.code(409).send('once').send('twice')
      request.log.info('not answered')
    })
    app.message('fail', ({ data }) => { throw Object.assign(new Error(String(data)), { statusCode: 409 }) })
  })
  const peer = await connect()
  t.match(await peer.ask('fail', 'async'), { code: 'not-found', message: 'gone', details: { message: 'gone', hint: 1 } })
  t.match(await peer.ask('fail', 'fine'), { type: 'reply', data: 'after all' })
  t.match(await peer.ask('fail', 'text'), { code: 'forbidden', message: 'no entry', details: undefined })
  t.match(await peer.ask('fail', 'returned'), { code: 'conflict', message: 'kept status' })
  t.same(await peer.ask('fail', 'internal'), { type: 'failure', id: '5', code: 'internal', message: 'internal error', retry: false })
  t.match(await peer.ask('fail', 'twice'), { code: 'conflict', message: 'once' })
  t.match(await peer.ask('fail', 'other'), { code: 'conflict', message: 'other' }, 'what it leaves is answered by the error')
})

void t.test('an error handler sees body, principal, connection and ip of the message', async (t) => {
  const { connect } = await start(t, (app) => {
    app.setErrorHandler((_error, request, reply) => {
      const { type, body, principal, connection, ip, headers, server, signal } = request as unknown as Record<string, unknown>
      void reply.code(400).send({
        type, body, principal, connection: typeof connection, ip, headers, server: server === app, aborted: (signal as AbortSignal).aborted, sent: reply.sent, status: reply.statusCode
      })
    })
    app.message('fail', () => { throw new Error('x') })
  })
  const { details } = await (await connect()).ask('fail', { a: 1 })
  t.same(details, {
    type: 'fail', body: { a: 1 }, principal: { id: 'ada' }, connection: 'object', ip: '127.0.0.1', headers: {}, server: true, aborted: false, sent: false, status: 400
  })
})

void t.test('error handlers are encapsulated, and one that throws or sends an error hands over to the one around it', async (t) => {
  const app = await build(t)
  app.setErrorHandler(async (error: Error, _request, reply) => reply.code(403).send(`outer: ${error.message}`))
  app.message('outer', () => { throw new Error('a') })
  await app.register(async (inner) => {
    inner.setErrorHandler(async (error: Error, _request, reply) => {
      if (error.message === 'throw') throw new Error('thrown')
      if (error.message === 'send') return reply.send(new Error('sent'))
      return reply.code(409).send(`inner: ${error.message}`)
    })
    inner.message('inner', ({ data }) => { throw new Error(String(data)) })
    await inner.register(async (innermost) => {
      innermost.message('innermost', () => { throw new Error('d') })
    })
  })
  const peer = await (await listen(t, app)).connect()
  t.match(await peer.ask('outer'), { code: 'forbidden', message: 'outer: a' })
  t.match(await peer.ask('inner', 'b'), { code: 'conflict', message: 'inner: b' })
  t.match(await peer.ask('inner', 'throw'), { code: 'forbidden', message: 'outer: thrown' })
  t.match(await peer.ask('inner', 'send'), { code: 'forbidden', message: 'outer: sent' })
  t.match(await peer.ask('innermost'), { code: 'conflict', message: 'inner: d' })
})

void t.test('when every error handler throws, the last error is answered by its status', async (t) => {
  const { connect } = await start(t, (app) => {
    app.setErrorHandler(() => { throw Object.assign(new Error('busy'), { statusCode: 503 }) })
    app.message('fail', () => { throw new Error('x') })
  })
  t.match(await (await connect()).ask('fail'), { code: 'unavailable', message: 'busy', retry: true })
})

void t.test('an error after the answer is logged, not sent', async (t) => {
  const log: string[] = []
  const { connect } = await start(t, (app) => {
    app.message('late', async ({ reply }) => {
      reply('ok')
      throw new Error('too late')
    })
    app.message('next', () => 'next')
  }, { server: { logger: { level: 'warn', stream: { write: (line: string) => { log.push(line) } } } } })
  const peer = await connect()
  t.equal((await peer.ask('late')).data, 'ok')
  t.equal((await peer.ask('next')).data, 'next')
  t.equal(log.length, 1)
  t.match(log[0], /message failed after its answer/u)
})

void t.test('details that cannot be encoded are left out, and the sender is answered all the same', async (t) => {
  const { connect } = await start(t, (app) => {
    const fail = (): never => { throw messageFailure('conflict', 'no', { details: { big: 1n } }) }
    app.message('now', fail)
    app.message('later', async () => fail())
    app.message('hooked', { preHandler: async (_request, reply) => { reply.code(409).send({ big: 1n }) } }, () => {})
  })
  const peer = await connect()
  for (const type of ['now', 'later', 'hooked']) {
    t.same(await peer.ask(type), { type: 'failure', id: peer.lastId, code: 'internal', message: 'internal error', retry: false }, type)
  }
})

void t.test('an answer that cannot be encoded is a failure, whether it comes at once or later', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('now', () => 1n)
    app.message('later', async () => 1n)
  })
  const peer = await connect()
  for (const type of ['now', 'later']) t.match(await peer.ask(type), { type: 'failure', code: 'internal', message: 'internal error' })
})

void t.test('a hook that sets a status and throws nothing at all fails by its status', async (t) => {
  const { connect } = await start(t, (app) => {
    app.message('odd', {
      preHandler: async (_request, reply) => {
        reply.code(401)
        throw undefined
      }
    }, () => {})
  })
  t.match(await (await connect()).ask('odd'), { code: 'unauthenticated', message: 'unauthenticated', details: { statusCode: 401 } })
})
