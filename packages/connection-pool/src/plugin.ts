import websocket from '@fastify/websocket'
import { isBearerProtocol, jsonCodec } from '@fastify-realtime/protocol'
import type { Codec } from '@fastify-realtime/protocol'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Pool } from './pool.ts'

export interface ConnectionPoolOptions {
  readonly codecs?: readonly Codec[]
}

const plugin: FastifyPluginAsync<ConnectionPoolOptions> = async (app, { codecs = [jsonCodec] }) => {
  const pool = new Pool(codecs, app.log)
  await app.register(websocket, {
    options: {
      maxPayload: 65_536,
      handleProtocols: (offered) => codecs.find(({ subprotocol }) => offered.has(subprotocol))?.subprotocol ?? [...offered].find((name) => !isBearerProtocol(name)) ?? false
    },
    preClose (done) {
      pool.drain().then(() => app.websocketServer.close(() => done()), done)
    }
  })
  app.decorate('connectionPool', pool)
}

export const connectionPool: FastifyPluginAsync<ConnectionPoolOptions> =
  fp(plugin, { fastify: '5.x', name: '@fastify-realtime/connection-pool' })
