import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { MessageHandler } from './message-context.ts'
import type { MessageOptions } from './message-options.ts'
import type { MessageRoute } from './message-route.ts'
import { MessageRouter } from './message-router.ts'
import { resolveOptions, type MessageRouterOptions } from './options.ts'
import { guardRegister } from './register-guard.ts'
import type { ScopeOptions } from './scope.ts'

const plugin: FastifyPluginAsync<MessageRouterOptions> = async (app, options) => {
  const router = new MessageRouter(app.connectionPool, resolveOptions(options))
  router.scopes.add(app, options)

  app.decorate('message', function message (this: FastifyInstance, type: string, ...rest: [MessageHandler] | [MessageOptions | undefined, MessageHandler]): MessageRoute {
    return rest.length === 1 ? router.add(this, type, {}, rest[0]) : router.add(this, type, rest[0] ?? {}, rest[1])
  })
  guardRegister(app)
  app.addHook('onRegister', (instance, scopeOptions: ScopeOptions) => router.scopes.add(instance, scopeOptions))
  app.addHook('onReady', async () => router.compile())
  app.addHook('onClose', async () => router.stop())
  app.connectionPool.receive((connection, message) => router.receive(connection, message))
  app.connectionPool.on('close', (connection) => router.forget(connection))
}

/** Adds `app.message()`. Needs the connection pool, and takes its one slot for messages. */
export const messageRouter: FastifyPluginAsync<MessageRouterOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/message-router',
  decorators: { fastify: ['connectionPool'] }
})
