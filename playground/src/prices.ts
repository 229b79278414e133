import type { FastifyInstance } from 'fastify'

const symbols = { ACME: 120, GLOBEX: 48, INITECH: 7.5 }

/** A feed that moves while somebody looks: only the last value of each symbol matters. */
export async function prices (app: FastifyInstance): Promise<void> {
  const current = new Map<string, number>(Object.entries(symbols))
  const timer = setInterval(() => {
    for (const [symbol, price] of current) void move(symbol, price)
  }, 1_000)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))

  async function move (symbol: string, price: number): Promise<void> {
    const next = Math.max(0.01, Math.round(price * (98 + Math.random() * 4)) / 100)
    current.set(symbol, next)
    try {
      await app.broadcast.publish(`price:${symbol}`, 'price', { symbol, price: next })
    } catch (error) {
      app.log.warn({ err: error, symbol }, 'the price could not be published')
    }
  }
}
