import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

const config = readConfig(process.env)
const app = await buildApp(config)

// A signal means: not ready any more, tell every connection, wait for them, and only then close the server.
closeWithGrace({ delay: 30_000, logger: app.log }, async ({ err }) => {
  if (err !== undefined) app.log.error({ err }, 'closing after an error')
  await app.connectionPool.drain({ over: 5_000, deadline: 20_000 })
  await app.close()
})

const address = await app.listen({ host: config.host, port: config.port, backlog: 4_096 })
console.log(`fastify-realtime playground: ${address}`)
