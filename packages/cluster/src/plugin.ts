import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Emitter } from '@fastify-realtime/protocol'
import { sharedBroker } from '@fastify-realtime/broker'
import type { RecordStore } from '@fastify-realtime/broker'
import type {} from '@fastify-realtime/connection-pool'
import { BrokeredCluster } from './cluster.ts'
import type { ClusterEvents } from './contract.ts'
import { Crashes } from './crashes.ts'
import { Ledger } from './ledger.ts'
import { LocalNode } from './local-node.ts'
import type { TopicHost } from './local-node.ts'
import { NodeDirectory } from './node-directory.ts'
import { resolveOptions } from './options.ts'
import type { ClusterOptions } from './options.ts'

const NAME = '@fastify-realtime/cluster'

const plugin: FastifyPluginAsync<ClusterOptions> = async (app, options) => {
  const { name, lease, timeout, remember, clock } = resolveOptions(options)
  const broker = sharedBroker(app)
  const pool = app.connectionPool
  const id = randomUUID()
  const startedAt = clock.time()
  const failed = (err: unknown): void => app.log.warn({ err }, 'the cluster could not be told')

  const events = new Emitter<ClusterEvents>((err, event) => app.log.error({ err, event }, 'a cluster listener failed'))
  const local = new LocalNode(id, pool)
  const self = (): { id: string, name: string, startedAt: number, connections: number } =>
    ({ id, name, startedAt, connections: pool.size })
  const records = (): RecordStore => broker.require('records', NAME)
  const ledger = new Ledger({ node: id, records, max: remember, clock, failed })
  const crashes = new Crashes({ node: id, records, events })
  const renewed = async (living: ReadonlySet<string>): Promise<void> => {
    await ledger.renew()
    await crashes.look(living)
  }
  const directory = new NodeDirectory({ self, records, lease, clock, events, renewed, failed })
  const channel = broker.open('cluster', (record) => cluster.deliver(record))
  const cluster = new BrokeredCluster({ id, local, directory, ledger, channel, events, timeout, clock, failed })
  pool.on('open', (connection) => ledger.open(connection.id, connection.principal?.id ?? null))
  pool.on('close', (connection) => {
    if (!ledger.close(connection.id)) return
    events.emit('disconnect', { id: connection.id, node: id, principal: connection.principal?.id ?? null, crashed: false })
  })

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
