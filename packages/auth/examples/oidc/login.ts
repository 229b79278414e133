import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import type { FastifyInstance } from 'fastify'
import buildGetJwks from 'get-jwks'

export interface LoginOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where the browser comes back to: this app's own `/callback`. */
  readonly callback: () => string
  /** The credential of a person who has logged in. */
  readonly session: (subject: string) => string
}

const random = (): string => randomBytes(24).toString('base64url')

/** The authorization code flow with PKCE, state and nonce; at its end stands the cookie that auth reads. */
export async function oidcLogin (app: FastifyInstance, options: LoginOptions): Promise<void> {
  const { issuer, clientId, clientSecret, callback, session } = options
  const jwks = buildGetJwks()
  const verify = createVerifier({
    key: async ({ header }: { header: Record<string, unknown> }) =>
      jwks.getPublicKey({ kid: String(header['kid']), alg: String(header['alg']), domain: issuer }),
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: clientId,
    requiredClaims: ['sub', 'exp', 'nonce']
  })
  const attempt = { path: '/callback', httpOnly: true, sameSite: 'lax', signed: true, maxAge: 600 } as const

  app.get('/login', async (_, reply) => {
    const [state, nonce, verifier] = [random(), random(), random()]
    reply.setCookie('attempt', JSON.stringify({ state, nonce, verifier }), attempt)
    const query = new URLSearchParams({
      response_type: 'code',
      scope: 'openid',
      client_id: clientId,
      redirect_uri: callback(),
      state,
      nonce,
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url')
    })
    return reply.redirect(`${issuer}/authorize?${query.toString()}`)
  })

  app.get<{ Querystring: { code?: string, state?: string } }>('/callback', async (request, reply) => {
    const { valid, value } = request.unsignCookie(request.cookies['attempt'] ?? '')
    const begun = JSON.parse(valid ? value : '{}') as { state?: string, nonce?: string, verifier?: string }
    reply.clearCookie('attempt', attempt)
    if (!same(begun.state, request.query.state)) return reply.code(400).send({ error: 'this login was not begun here' })
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: String(request.query.code),
        code_verifier: String(begun.verifier),
        redirect_uri: callback(),
        client_id: clientId,
        client_secret: clientSecret
      })
    })
    if (!response.ok) return reply.code(401).send({ error: 'the issuer refused' })
    const { id_token: idToken } = await response.json() as { id_token: string }
    const claims = await verify(idToken) as { sub: string, nonce: string }
    if (!same(claims.nonce, begun.nonce)) return reply.code(401).send({ error: 'the issuer answered something else' })
    // Behind TLS: add `secure: true` and call it __Host-token.
    reply.setCookie('token', session(claims.sub), { path: '/', httpOnly: true, sameSite: 'lax' })
    return reply.redirect('/')
  })
}

function same (a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false
  const [one, two] = [Buffer.from(a), Buffer.from(b)]
  return one.length === two.length && timingSafeEqual(one, two)
}
