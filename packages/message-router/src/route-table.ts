import { DuplicateMessageError } from './errors.ts'

/** Message types and what serves them. A client chooses the types that are looked up, hence Maps. */
export class RouteTable<Route> {
  readonly #everywhere = new Map<string, Route>()
  readonly #endpoints = new Map<string, Map<string, Route>>()

  /** @throws {FRT_ERR_MESSAGE_DUPLICATE} */
  add (type: string, only: readonly string[] | null, route: Route): void {
    if (only === null) return put(this.#everywhere, type, route, 'every endpoint')
    for (const url of only) {
      const routes = this.#endpoints.get(url) ?? new Map<string, Route>()
      this.#endpoints.set(url, routes)
      put(routes, type, route, url)
    }
  }

  /** A route of the endpoint itself wins. */
  find (url: string, type: string): Route | undefined {
    if (this.#endpoints.size === 0) return this.#everywhere.get(type)
    return this.#endpoints.get(url)?.get(type) ?? this.#everywhere.get(type)
  }
}

function put<Route> (routes: Map<string, Route>, type: string, route: Route, endpoint: string): void {
  if (routes.has(type)) throw new DuplicateMessageError(type, endpoint)
  routes.set(type, route)
}
