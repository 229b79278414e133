import { checkOptionNames } from '@fastify-realtime/protocol'
import type { OptionNames } from '@fastify-realtime/protocol'
import type { MessageSchema } from './schema-types.ts'
import type { MessageHook, MessageHooks } from './message-hook.ts'
import { checkHooks, checkMilliseconds, checkSchema, checkTimeout, hooksOf, refuse } from './checks.ts'

/** At most `max` messages at once, refilled evenly over `timeWindow` milliseconds. */
export interface MessageRateLimit {
  readonly max: number
  readonly timeWindow: number
}

export interface MessageOptions<Schema extends MessageSchema = MessageSchema, Idempotent extends boolean = boolean> {
  readonly schema?: Schema
  /** URL patterns of the endpoints that have this type, such as `/admin/ws`; there it wins over a global one. Default: all. */
  readonly only?: string | readonly string[]
  /** Hooks before validation, after the scope's own. Default: none. */
  readonly preValidation?: MessageHooks
  /** Hooks after validation, after the scope's own. Default: none. */
  readonly preHandler?: MessageHooks
  /** Per connection and type; beyond it the failure is `rate-limited`. Default: `false`. */
  readonly rateLimit?: MessageRateLimit | false
  /** Milliseconds for hooks, handler and error handlers together, then the failure is `timeout`. `false`: no limit. Default: the plugin's. */
  readonly timeout?: number | false
  /**
   * Declares that handling it twice does no more than handling it once. Only then does a `timeout` failure, whose outcome
   * nobody knows, say `retry: true`, and a typed client compile with `resend: true`. It does not make it so: the router
   * remembers no messages, since equal ids need not be equal messages. Default: `false`.
   */
  readonly idempotent?: Idempotent
  /** For sister packages: a reserved type, to which neither prefixes nor hooks of a scope apply. Default: `false`. */
  readonly builtIn?: boolean
}

export interface ResolvedMessageOptions {
  readonly schema: MessageSchema
  readonly only: readonly string[] | null
  readonly preValidation: readonly MessageHook[]
  readonly preHandler: readonly MessageHook[]
  readonly rateLimit: MessageRateLimit | null
  readonly timeout: number | false
  readonly idempotent: boolean
  readonly builtIn: boolean
}

const known: OptionNames<MessageOptions> = {
  schema: 1, only: 1, preValidation: 1, preHandler: 1, rateLimit: 1, timeout: 1, idempotent: 1, builtIn: 1
}

/** @throws {FRT_ERR_MESSAGE_OPTION} */
export function resolveMessageOptions (type: string, options: MessageOptions, defaultTimeout: number | false): ResolvedMessageOptions {
  const where = `message "${type}"`
  checkOptionNames(where, options, known)
  const { schema = {}, only, rateLimit = false, timeout = defaultTimeout, idempotent = false, builtIn = false } = options
  checkSchema(where, schema)
  checkTimeout(where, timeout)
  for (const [name, flag] of Object.entries({ idempotent, builtIn })) {
    if (typeof flag !== 'boolean') refuse(where, name, 'a boolean', flag)
  }
  checkHooks(where, 'preValidation', options.preValidation)
  checkHooks(where, 'preHandler', options.preHandler)
  return Object.freeze({
    schema,
    only: resolveOnly(where, only),
    preValidation: hooksOf(options.preValidation),
    preHandler: hooksOf(options.preHandler),
    rateLimit: resolveRateLimit(where, rateLimit),
    timeout,
    idempotent,
    builtIn
  })
}

function resolveOnly (where: string, only: MessageOptions['only']): readonly string[] | null {
  if (only === undefined) return null
  const urls = typeof only === 'string' ? [only] : only
  if (!Array.isArray(urls) || urls.length === 0 || urls.some(url => typeof url !== 'string' || !url.startsWith('/'))) {
    refuse(where, 'only', 'the URL pattern of an endpoint, such as "/ws", or a list of them', only)
  }
  return Object.freeze([...urls])
}

function resolveRateLimit (where: string, rateLimit: MessageRateLimit | false): MessageRateLimit | null {
  if (rateLimit === false) return null
  if (typeof rateLimit !== 'object' || rateLimit === null) refuse(where, 'rateLimit', 'false or { max, timeWindow }', rateLimit)
  const { max, timeWindow } = checkOptionNames(`${where} rateLimit`, rateLimit, { max: 1, timeWindow: 1 })
  if (!Number.isSafeInteger(max) || max < 1) refuse(where, 'rateLimit.max', 'a whole number from 1', max)
  checkMilliseconds(where, 'rateLimit.timeWindow', timeWindow)
  return Object.freeze({ max, timeWindow })
}
