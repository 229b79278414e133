import { randomBytes } from 'node:crypto'
import { envSchema } from 'env-schema'
import { Type, type Static } from 'typebox'

const Environment = Type.Object({
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535 }),
  JWT_SECRET: Type.Optional(Type.String({ minLength: 32 })),
  API_KEY: Type.Optional(Type.String({ minLength: 16 })),
  /** Comma-separated origins of pages that may connect; unset: only pages of the same origin. */
  ALLOWED_ORIGINS: Type.Optional(Type.String()),
  TRUST_PROXY: Type.Boolean({ default: false }),
  /** Connections from one address. */
  MAX_PER_ADDRESS: Type.Integer({ default: 100, minimum: 1 }),
  /** Handshakes a second from one address. */
  HANDSHAKE_RATE: Type.Integer({ default: 10, minimum: 1 }),
  LOG_LEVEL: Type.String({ default: 'info', enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] }),
  /** `off` removes the login; `open` lets anybody take a role, also when HOST is not a loopback address. */
  PLAYGROUND_LOGIN: Type.Optional(Type.String({ enum: ['off', 'open'] })),
  REDIS_URL: Type.Optional(Type.String({ minLength: 1 })),
  NATS_URL: Type.Optional(Type.String({ minLength: 1 }))
})

export interface Config {
  readonly host: string
  readonly port: number
  readonly jwtSecret: string
  readonly apiKey: string
  readonly origins: readonly string[] | undefined
  readonly trustProxy: boolean
  readonly maxPerAddress: number
  readonly handshakeRate: number
  readonly logLevel: string
  readonly login: 'off' | 'names' | 'roles'
  /** Where the nodes of a cluster meet; at most one of the two. */
  readonly redisUrl: string | undefined
  readonly natsUrl: string | undefined
}

/** Reads the environment; throws with the name of the variable that is wrong. */
export function readConfig (environment: NodeJS.ProcessEnv): Config {
  const env: Static<typeof Environment> = envSchema({ schema: Environment, data: environment, env: false })
  const cluster = clusterOf(env)
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    jwtSecret: env.JWT_SECRET ?? throwAway('JWT_SECRET', cluster),
    apiKey: env.API_KEY ?? throwAway('API_KEY', cluster),
    origins: env.ALLOWED_ORIGINS?.split(',').map((origin) => origin.trim()),
    trustProxy: env.TRUST_PROXY,
    maxPerAddress: env.MAX_PER_ADDRESS,
    handshakeRate: env.HANDSHAKE_RATE,
    logLevel: env.LOG_LEVEL,
    login: loginMode(env.PLAYGROUND_LOGIN, env.HOST),
    redisUrl: env.REDIS_URL,
    natsUrl: env.NATS_URL
  })
}

/** The variable that makes this node one of many. */
function clusterOf ({ REDIS_URL, NATS_URL }: Static<typeof Environment>): string | undefined {
  if (REDIS_URL !== undefined && NATS_URL !== undefined) throw new Error('REDIS_URL and NATS_URL are both set: nodes meet in one place. Unset one.')
  if (REDIS_URL !== undefined) return 'REDIS_URL'
  return NATS_URL === undefined ? undefined : 'NATS_URL'
}

/** One node may invent its secrets; nodes of a cluster must share them. */
function throwAway (name: string, cluster: string | undefined): string {
  if (cluster !== undefined) throw new Error(`${name} is not set: every node of a cluster needs the same one. Set it, or unset ${cluster}.`)
  return randomBytes(32).toString('base64url')
}

function loginMode (setting: string | undefined, host: string): Config['login'] {
  if (setting === 'off') return 'off'
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return setting === 'open' || loopback ? 'roles' : 'names'
}
