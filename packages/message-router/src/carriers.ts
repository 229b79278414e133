import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RouteOptions } from 'fastify'
import type { MessageSchema } from './schema-types.ts'

/**
 * Fastify builds the compilers of a scope, with its `ajv` options and the schemas added to it, only for a scope that has
 * an HTTP route with a schema. So the first message with a schema gives its scope such a route, which answers 404. It
 * carries that message's own schema, because custom compilers understand no other language.
 */
export class Carriers {
  readonly #scopes = new WeakMap<FastifyInstance, { data: boolean, reply: boolean }>()
  #count = 0

  prepare (scope: FastifyInstance, type: string, { data, reply }: MessageSchema): void {
    const carried = this.#scopes.get(scope) ?? { data: false, reply: false }
    this.#scopes.set(scope, carried)
    const carryData = data !== undefined && !carried.data
    const carryReply = reply !== undefined && !carried.reply
    if (!carryData && !carryReply) return
    scope.route(carrier(`/.messages/${++this.#count}/${encodeType(type)}`, carryData ? { body: data } : {}, carryReply ? { response: { 200: reply } } : {}))
    carried.data ||= carryData
    carried.reply ||= carryReply
  }
}

function carrier (url: string, body: object, response: object): RouteOptions {
  // `hide` keeps it out of what @fastify/swagger writes.
  const schema: FastifySchema & { hide: boolean } = { hide: true, ...body, ...response }
  return { method: 'POST', url, schema, onRequest: notFound, handler: notFound }
}

/** As `onRequest` it answers before the body is parsed or validated, so that nothing of the schema shows. */
function notFound (_request: FastifyRequest, reply: FastifyReply): void {
  reply.callNotFound()
}

/** The type shows in Fastify's errors, so it stays readable; `*` and `:` would be patterns. */
function encodeType (type: string): string {
  return encodeURIComponent(type).replaceAll('*', '%2A')
}
