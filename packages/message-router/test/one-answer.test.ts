import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import fc from 'fast-check'
import type { Connection, ConnectionPool, MessageReceiver } from '@fastify-realtime/connection-pool'
import { jsonCodec, messageFailure, type Envelope } from '@fastify-realtime/protocol'
import { messageRouter, type MessageContext, type MessageHook } from '../src/index.ts'

const big = { big: 1n }

const hooks: Record<string, MessageHook | undefined> = {
  none: undefined,
  passes: async () => {},
  calls: (_request, _reply, done) => done(),
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
  throws: () => { throw new Error('x') },
  rejects: async () => { throw messageFailure('conflict', 'x') },
  unencodable: () => big,
  'unencodable later': async () => big,
  replies: ({ reply }) => reply(1),
  'replies and throws': ({ reply }) => {
    reply(1)
    throw new Error('x')
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
  unencodable: async (_error, _request, reply) => reply.code(409).send(big)
}

const validators: Record<string, () => unknown> = {
  passes: () => true,
  fails: () => false,
  later: async () => true,
  rejects: async () => { throw new Error('x') },
  throws: () => { throw new Error('x') }
}

const oneOf = (choices: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(choices))

void t.test('whatever hooks, schema, handler and error handler do, a message gets one answer and the pool no rejection', async (t) => {
  const receivers: MessageReceiver[] = []
  await fc.assert(fc.asyncProperty(
    oneOf(hooks), oneOf(validators), oneOf(hooks), oneOf(handlers), oneOf(errorHandlers), fc.constantFrom(false, 1_000),
    async (before, validator, after, handler, errorHandler, timeout) => {
      const app = Fastify()
      app.decorate('connectionPool', { receive: (receiver: MessageReceiver) => receivers.push(receiver), on: () => () => {} } as unknown as ConnectionPool)
      await app.register(messageRouter, { timeout: timeout as false | 1_000 })
      app.setValidatorCompiler(() => validators[validator] as never)
      if (errorHandlers[errorHandler] !== undefined) app.setErrorHandler(errorHandlers[errorHandler])
      app.message('m', {
        schema: { data: {} },
        ...(hooks[before] !== undefined && { preValidation: hooks[before] }),
        ...(hooks[after] !== undefined && { preHandler: hooks[after] })
      }, handlers[handler] as (context: MessageContext) => unknown)
      await app.ready()
      const answers: string[] = []
      const connection = {
        id: 'c',
        principal: { id: 'ada' },
        sendEnvelope: (envelope: Envelope) => answers.push(jsonCodec.encode(envelope) as string)
      } as unknown as Connection
      await receivers.pop()?.(connection, { type: 'm', id: '1' })
      await app.close()
      return answers.length === 1
    }
  ), { numRuns: 300 })
  t.pass('300 combinations')
})
