import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import type { WebsocketPluginOptions } from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { WebSocketServer } from 'ws'
import { UpgradesTakenError } from './errors.ts'
import { handBack, isWebSocketUpgrade } from './hand-back.ts'
import type { HandshakeGuard, UpgradeListener } from './handshake-guard.ts'
import type { PoolOptions } from './options.ts'
import { PoolSocket } from './pool-socket.ts'
import { refuseSecondWebsocket } from './second-websocket.ts'
import { traced, upgradeChannel } from './tracing.ts'
import type { UpgradeEnd } from './tracing.ts'

/** Options of ws 8.23 that `@types/ws` does not know yet. */
type Options = NonNullable<WebsocketPluginOptions['options']> & { readonly closeTimeout: number }

export function openSockets (app: FastifyInstance): Set<PoolSocket> {
  return app.websocketServer.clients as Set<PoolSocket>
}

/**
 * Registers @fastify/websocket with limits, and puts itself before its upgrade listener.
 * @throws {UpgradesTakenError} when somebody else takes upgrades already; @fastify/websocket afterwards is refused, too.
 */
export async function takeUpgrades (app: FastifyInstance, options: PoolOptions, guard: HandshakeGuard, close: () => Promise<void>): Promise<void> {
  if (app.hasDecorator('websocketServer')) throw new UpgradesTakenError('@fastify/websocket is registered already')
  if (app.server.listenerCount('upgrade') > 0) throw new UpgradesTakenError('the server has an upgrade listener before it')
  await app.register(websocket, {
    options: serverOptions(options, guard),
    preClose: async () => await close()
  })
  refuseSecondWebsocket(app)
  const [decide] = app.server.listeners('upgrade') as UpgradeListener[]
  app.server.removeAllListeners('upgrade')
  app.server.on('upgrade', ((raw, socket, head) => {
    if (!isWebSocketUpgrade(raw)) return handBack(app.server, raw, socket, head)
    const start = (ended?: UpgradeEnd): void => guard.watch(raw, socket, () => decide?.(raw, socket, head), ended)
    if (upgradeChannel.hasSubscribers) void traced(raw, start)
    else start()
  }) as UpgradeListener)
  keepOptions(app.websocketServer, guard, options.maxPayload)
}

function serverOptions ({ maxFragments, maxBufferedChunks, closeTimeout, compression }: PoolOptions, guard: HandshakeGuard): Options {
  return {
    WebSocket: PoolSocket as never,
    maxFragments,
    maxBufferedChunks,
    closeTimeout,
    handleProtocols (_offered, raw) {
      const chosen = guard.of(raw)?.protocol ?? ''
      return chosen === '' ? false : chosen
    },
    perMessageDeflate: compression === false
      ? false
      : { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: compression.threshold, zlibDeflateOptions: { level: compression.level } }
  }
}

/**
 * `ws` has one set of options for the server, and reads it anew for each upgrade, after this. A route of others may have
 * put its own there: graphql-ws replaces `handleProtocols` for all routes.
 */
function keepOptions (server: WebSocketServer, guard: HandshakeGuard, usual: number): void {
  const { options } = server
  const { handleProtocols } = options
  server.shouldHandle = (raw: IncomingMessage) => {
    Object.assign(options, { handleProtocols, maxPayload: guard.of(raw)?.endpoint?.maxPayload ?? usual })
    return true
  }
}
