import type { FastifyInstance } from 'fastify'
import { UpgradesTakenError } from './errors.ts'

type Decorate = (this: FastifyInstance, name: string | symbol, ...rest: unknown[]) => FastifyInstance

/** What @fastify/websocket adds; it is ours by now. */
const taken: { readonly decorate: readonly unknown[], readonly decorateRequest: readonly unknown[] } =
  { decorate: ['websocketServer', 'injectWS'], decorateRequest: ['ws'] }

/**
 * A second @fastify/websocket would throw inside a callback of Fastify's, which ends the process with words about a
 * decorator. Its decorators are let pass instead, and the app refuses to boot.
 */
export function refuseSecondWebsocket (app: FastifyInstance): void {
  for (const name of ['decorate', 'decorateRequest'] as const) {
    const decorate = app[name] as Decorate
    const guarded: Decorate = function (decorator, ...rest) {
      if (!taken[name].includes(decorator)) return decorate.call(this, decorator, ...rest)
      return this.addHook('onReady', async () => { throw new UpgradesTakenError('@fastify/websocket is registered after it') })
    }
    Object.assign(app, { [name]: guarded })
  }
}
