/** What `listen` needs of a Fastify instance. */
export interface App {
  listen (options: { readonly port: number, readonly host: string }): Promise<string>
  close (): PromiseLike<unknown>
}

/** What `listen` needs of a test, such as tap's `t`. */
export interface Teardown {
  teardown (handler: () => unknown): void
}

/** Listens on a free port of 127.0.0.1 and answers the WebSocket address, `ws://127.0.0.1:<port>`. The app closes with the test. */
export async function listen (app: App, t: Teardown): Promise<string> {
  t.teardown(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return address.replace('http', 'ws')
}
