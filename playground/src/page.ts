import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const page = join(dirname(fileURLToPath(import.meta.url)), '..', 'public')

/** The page, and the published client as the browser loads it: plain ES modules, found by an import map. */
export async function servePage (app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root: page })
  for (const name of ['client', 'protocol']) {
    await app.register(fastifyStatic, {
      root: dirname(fileURLToPath(import.meta.resolve(`@fastify-realtime/${name}`))),
      prefix: `/modules/${name}/`,
      decorateReply: false
    })
  }
}
