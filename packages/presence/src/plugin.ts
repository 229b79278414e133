import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { sharedBroker } from '@fastify-realtime/broker'
import { presenceMessage } from './message.ts'
import type { MessageHost } from './message.ts'
import { resolveOptions } from './options.ts'
import type { PresenceOptions } from './options.ts'
import { policy } from './policy.ts'
import type { PolicyHost } from './policy.ts'
import { NAME, PresenceNode } from './presence-node.ts'
import { followSubscribers } from './subscribers.ts'
import type { SubscriptionSource } from './subscribers.ts'

const plugin: FastifyPluginAsync<PresenceOptions> = async (app, options) => {
  const resolved = resolveOptions(options)
  const broker = sharedBroker(app)
  const node = new PresenceNode(app.connectionPool, broker, resolved, app.log)

  app.decorate('presence', node)
  app.connectionPool.on('close', (connection) => node.close(connection))

  app.addHook('onReady', async () => {
    const broadcast = app.hasDecorator('broadcast')
      ? app.getDecorator<PolicyHost & SubscriptionSource>('broadcast')
      : undefined
    if (broadcast !== undefined) followSubscribers(broadcast, node, resolved.topics)
    if (app.hasDecorator('message')) {
      const handler = presenceMessage(node, policy(resolved.canSee, broadcast))
      app.getDecorator<MessageHost>('message').call(app, 'presence', { builtIn: true }, handler)
    }
    await broker.start()
    broker.require('presence', NAME)
    broker.on('up', () => { void node.resume() })
    await node.start()
  })
  app.addHook('onClose', async () => { await node.stop() })
}

/** Says who is in a topic, across nodes. Needs the connection pool. */
export const presence: FastifyPluginAsync<PresenceOptions> = fp(plugin, {
  fastify: '5.x',
  name: NAME,
  decorators: { fastify: ['connectionPool'] }
})
