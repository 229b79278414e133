import { sharedBroker } from '@fastify-realtime/broker'
import type { SharedBroker } from '@fastify-realtime/broker'
import { systemClock } from '@fastify-realtime/protocol'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Allowance } from './allowance.ts'
import { assemble } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import { TopicBroadcast } from './broadcast.ts'
import { checkBroker } from './broker-check.ts'
import { resolveOptions } from './options.ts'
import type { BroadcastOptions } from './options.ts'
import { automaticSubscriptions } from './welcome.ts'
import { Wire } from './wire.ts'
import type { MessageHost } from './wire.ts'

const plugin: FastifyPluginAsync<BroadcastOptions> = async (app, given) => {
  const options = resolveOptions(given)
  const pool = app.connectionPool
  const broker = sharedBroker(app)
  const channel = broker.open('topics', (record) => {
    if (parts.local.admits(record)) parts.delivery.deliver(record)
  })
  const parts = assemble({
    options,
    pool,
    channel,
    broker,
    clock: systemClock,
    log: app.log
  })
  const allowance = new Allowance(options.subscribeRate, systemClock)
  app.decorate('broadcast', new TopicBroadcast(parts))
  pool.welcome((connection) => automaticSubscriptions(parts, connection))
  pool.on('close', (connection) => {
    parts.subscribing.forget(connection)
    allowance.forget(connection)
  })
  followBroker(broker, parts)
  app.addHook('onReady', async () => {
    await broker.start()
    checkBroker(broker, options)
    if (app.hasDecorator('message')) new Wire(parts, allowance).register(app.getDecorator<MessageHost>('message').bind(app))
    parts.check.start()
  })
  app.addHook('onClose', async () => {
    parts.check.stop()
    parts.local.close()
    parts.delivery.close()
  })
}

function followBroker (broker: SharedBroker, { local, outages }: Assembly): void {
  broker.on('down', () => {
    local.down()
    outages.down()
  })
  broker.on('up', () => {
    local.up()
    void outages.up()
  })
}

/** Adds `app.broadcast`. Needs the connection pool; clients can subscribe when the message router is there, too. */
export const broadcast: FastifyPluginAsync<BroadcastOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/broadcast',
  decorators: { fastify: ['connectionPool'] }
})
