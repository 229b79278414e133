import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Emitter } from '@fastify-realtime/protocol'
import { sharedBroker } from '@fastify-realtime/broker'
import type {} from '@fastify-realtime/connection-pool'
import { BrokeredCluster } from './cluster.ts'
import type { ClusterEvents } from './contract.ts'
import { LocalNode } from './local-node.ts'
import type { TopicHost } from './local-node.ts'
import { NodeDirectory } from './node-directory.ts'
import { resolveOptions } from './options.ts'
import type { ClusterOptions } from './options.ts'

const NAME = '@fastify-realtime/cluster'

const plugin: FastifyPluginAsync<ClusterOptions> = async (app, options) => {
  const { name, lease, timeout, clock } = resolveOptions(options)
  const broker = sharedBroker(app)
  const pool = app.connectionPool
  const id = randomUUID()
  const startedAt = clock.time()
  const failed = (err: unknown): void => app.log.warn({ err }, 'the cluster could not be told')

  const events = new Emitter<ClusterEvents>((err, event) => app.log.error({ err, event }, 'a cluster listener failed'))
  const local = new LocalNode(id, pool)
  const self = (): { id: string, name: string, startedAt: number, connections: number } =>
    ({ id, name, startedAt, connections: pool.size })
  const directory = new NodeDirectory({ self, records: () => broker.require('records', NAME), lease, clock, events, failed })
  const channel = broker.open('cluster', (record) => cluster.deliver(record))
  const cluster = new BrokeredCluster({ id, local, directory, channel, events, timeout, clock, failed })

  app.decorate('cluster', cluster)
  app.addHook('onReady', async () => {
    await broker.start()
    if (app.hasDecorator('broadcast')) local.topics = app.getDecorator<TopicHost>('broadcast')
    await cluster.start()
  })
  app.addHook('onClose', () => cluster.stop())
}

/** Makes all nodes one: lists them and their connections, and ends any connection from any node. Needs the connection pool. */
export const cluster: FastifyPluginAsync<ClusterOptions> = fp(plugin, {
  fastify: '5.x',
  name: NAME,
  decorators: { fastify: ['connectionPool'] }
})
