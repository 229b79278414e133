import { checkOptionNames } from '@fastify-realtime/protocol'
import type { RealtimeRouteConfig, RouteOptionCheck } from './contract.ts'
import { endpointDefaults } from './endpoint.ts'

type Check = (value: never, where: string) => void

/**
 * Which fields `config.realtime` has: the pool's own, which it checks itself, and those that others declare. They may
 * come after the routes, so names are judged when the app gets ready.
 */
export class RouteOptionNames {
  readonly #known: Record<string, Check | undefined>
  readonly #routes: Array<{ readonly url: string, readonly config: RealtimeRouteConfig }> = []

  constructor () {
    const own = ['anonymous', 'raw', 'protocols', ...Object.keys(endpointDefaults)]
    this.#known = Object.fromEntries(own.map((name) => [name, undefined]))
  }

  declare<Name extends keyof RealtimeRouteConfig> (name: Name, check?: RouteOptionCheck<Name>): void {
    this.#known[name] = check as Check | undefined
  }

  add (url: string, config: RealtimeRouteConfig): void {
    this.#routes.push({ url, config })
  }

  /** @throws {OptionNameError} or what the check of a field throws */
  check (): void {
    for (const { url, config } of this.#routes.splice(0)) {
      const where = `${url} config.realtime`
      checkOptionNames(where, config as Record<string, unknown>, this.#known)
      for (const [name, value] of Object.entries(config)) if (value !== undefined) this.#known[name]?.(value as never, `${where}.${name}`)
    }
  }
}
