import { getEventListeners } from 'node:events'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import t from 'tap'
import fc from 'fast-check'
import type { Connection, ConnectionPool, MessageReceiver } from '@fastify-realtime/connection-pool'
import { jsonCodec, messageFailure, type Envelope } from '@fastify-realtime/protocol'
import { fakeClock } from '@fastify-realtime/testing'
import { messageRouter, type MessageContext, type MessageHook } from '../src/index.ts'

const big = { big: 1n }
const never = new Promise<never>(() => {})

const hooks: Record<string, MessageHook | undefined> = {
  none: undefined,
  passes: async () => {},
  calls: (_request, _reply, done) => done(),
  never: () => never,
  'after a while': (_request, _reply, done) => { setImmediate(done) },
  throws: () => { throw new Error('x') },
  rejects: async () => { throw messageFailure('forbidden', 'x', { details: big }) },
  sends: async (_request, reply) => { reply.send('hook') },
  refuses: async (_request, reply) => { reply.code(403).send(big) },
  twice: (_request, reply, done) => {
    done(new Error('x'))
    reply.send('twice')
    done()
  }
}

const handlers: Record<string, (context: MessageContext) => unknown> = {
  value: () => 1,
  nothing: () => {},
  later: async () => 1,
  never: () => never,
  'thenable that says both': () => Object.fromEntries([[['th', 'en'].join(''), (keep: (value: unknown) => void, refuse: (error: Error) => void) => {
    keep(1)
    refuse(new Error('x'))
    throw new Error('y')
  }]]),
  'looks at its signal': async ({ signal }) => {
    await new Promise(setImmediate)
    return signal.aborted
  },
  throws: () => { throw new Error('x') },
  rejects: async () => { throw messageFailure('conflict', 'x') },
  unencodable: () => big,
  'unencodable later': async () => big,
  replies: ({ reply }) => reply(1),
  'replies and throws': ({ reply }) => {
    reply(1)
    throw new Error('x')
  },
  'replies and never ends': ({ reply }) => {
    reply(1)
    return never
  },
  'replies twice': async ({ reply }) => {
    reply(1)
    reply(2)
  },
  'replies what cannot be encoded': ({ reply }) => reply(big)
}

const errorHandlers: Record<string, Parameters<FastifyInstance['setErrorHandler']>[0] | undefined> = {
  none: undefined,
  sends: (_error, _request, reply) => { void reply.code(409).send('handled') },
  returns: async () => 'handled',
  throws: () => { throw new Error('y') },
  ignores: () => {},
  never: () => never,
  'returns its reply': async (_error, _request, reply) => reply,
  unencodable: async (_error, _request, reply) => reply.code(409).send(big)
}

const validators: Record<string, () => unknown> = {
  passes: () => true,
  fails: () => false,
  later: async () => true,
  never: () => never,
  rejects: async () => { throw new Error('x') },
  throws: () => { throw new Error('x') }
}

const oneOf = (choices: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(choices))

void t.test('whatever hooks, schema, handler and error handler do, a message gets one answer and the pool no rejection', async (t) => {
  const receivers: MessageReceiver[] = []
  await fc.assert(fc.asyncProperty(
    oneOf(hooks), oneOf(validators), oneOf(hooks), oneOf(handlers), oneOf(errorHandlers),
    async (before, validator, after, handler, errorHandler) => {
      const clock = fakeClock()
      const app = Fastify()
      app.decorate('connectionPool', { receive: (receiver: MessageReceiver) => receivers.push(receiver), on: () => () => {} } as unknown as ConnectionPool)
      await app.register(messageRouter, { timeout: 1_000, clock })
      app.setValidatorCompiler(() => validators[validator] as never)
      if (errorHandlers[errorHandler] !== undefined) app.setErrorHandler(errorHandlers[errorHandler])
      app.message('m', {
        schema: { data: {} },
        ...(hooks[before] !== undefined && { preValidation: hooks[before] }),
        ...(hooks[after] !== undefined && { preHandler: hooks[after] })
      }, handlers[handler] as (context: MessageContext) => unknown)
      await app.ready()
      const answers: string[] = []
      const { signal } = new AbortController()
      const connection = {
        id: 'c',
        principal: { id: 'ada' },
        signal,
        sendEnvelope: (envelope: Envelope) => answers.push(jsonCodec.encode(envelope) as string)
      } as unknown as Connection
      const handled = receivers.pop()?.(connection, { type: 'm', id: '1' })
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
      clock.advance(1_000)
      await handled
      await new Promise(setImmediate)
      await app.close()
      return answers.length === 1 && clock.pending === 0 && getEventListeners(signal, 'abort').length === 0
    }
  ), { numRuns: 400 })
  t.pass('400 combinations')
})

void t.test('what not even the logger survives reaches the pool, and nobody is left unheard', async (t) => {
  const receivers: MessageReceiver[] = []
  const logger = { fatal () {}, warn () {}, info () {}, debug () {}, trace () {}, silent () {}, level: 'error', error () { throw new Error('the disk is full') }, child () { return logger } }
  const app = Fastify({ loggerInstance: logger as unknown as FastifyBaseLogger })
  t.teardown(async () => app.close())
  app.decorate('connectionPool', { receive: (receiver: MessageReceiver) => receivers.push(receiver), on: () => () => {} } as unknown as ConnectionPool)
  await app.register(messageRouter)
  app.message('now', () => { throw new Error('x') })
  app.message('later', async () => { throw new Error('x') })
  await app.ready()
  const connection = { id: 'c', principal: { id: 'ada' }, sendEnvelope: () => 'sent' } as unknown as Connection
  t.throws(() => receivers[0]?.(connection, { type: 'now' }), { message: 'the disk is full' })
  await t.rejects(async () => receivers[0]?.(connection, { type: 'later' }), { message: 'the disk is full' })
})
