import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'

interface Asked {
  readonly redirect_uri: string
  readonly state: string
  readonly code_challenge: string
  readonly client_id: string
}

export interface IssuerOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** Who is logged in at the issuer. */
  readonly subject: string
}

/** A stand-in for an OpenID provider, for development and tests: it lets one subject in without asking. */
export async function fakeIssuer ({ clientId, clientSecret, subject }: IssuerOptions): Promise<{ readonly url: string, close (): Promise<unknown> }> {
  const app = Fastify()
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const codes = new Map<string, Asked>()
  const url = (): string => `http://127.0.0.1:${(app.server.address() as { port: number }).port}`
  // RFC 6749 section 2.3.1: both are form-encoded first.
  const form = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
  const basic = `Basic ${Buffer.from(`${form(clientId)}:${form(clientSecret)}`).toString('base64')}`
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' },
    (_, body, done) => { done(null, Object.fromEntries(new URLSearchParams(String(body)))) })

  app.get('/.well-known/openid-configuration', async () => ({
    issuer: url(),
    authorization_endpoint: `${url()}/authorize`,
    token_endpoint: `${url()}/token`,
    jwks_uri: `${url()}/.well-known/jwks.json`,
    code_challenge_methods_supported: ['S256']
  }))

  app.get('/.well-known/jwks.json', async () =>
    ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }] }))

  app.get<{ Querystring: Asked }>('/authorize', async ({ query }, reply) => {
    const code = randomBytes(16).toString('base64url')
    codes.set(code, query)
    return reply.redirect(`${query.redirect_uri}?code=${code}&state=${encodeURIComponent(query.state)}`)
  })

  app.post<{ Body: Record<string, string> }>('/token', async ({ body, headers }, reply) => {
    const asked = codes.get(String(body['code']))
    codes.delete(String(body['code']))
    const challenge = createHash('sha256').update(String(body['code_verifier'])).digest('base64url')
    if (asked?.code_challenge !== challenge || asked.client_id !== clientId || asked.redirect_uri !== body['redirect_uri'] ||
      headers.authorization !== basic) {
      return reply.code(400).send({ error: 'invalid_grant' })
    }
    const sign = createSigner({ key, algorithm: 'RS256', kid: 'key-1', iss: url(), aud: clientId, expiresIn: 300_000 })
    return { token_type: 'Bearer', access_token: randomBytes(16).toString('base64url'), id_token: sign({ sub: subject }) }
  })

  await app.listen({ port: 0, host: '127.0.0.1' })
  return { url: url(), close: () => app.close() }
}
