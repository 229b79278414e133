import oauth2 from '@fastify/oauth2'
import type { OAuth2Namespace } from '@fastify/oauth2'
import { createVerifier } from 'fast-jwt'
import type { FastifyInstance } from 'fastify'
import buildGetJwks from 'get-jwks'

declare module 'fastify' {
  interface FastifyInstance {
    oidc: OAuth2Namespace
  }
}

export interface LoginOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where the browser comes back to: this app's own `/callback`. */
  readonly callback: () => string
  /** The credential of a person who has logged in. */
  readonly session: (subject: string) => string
}

/** The authorization code flow with PKCE, by @fastify/oauth2; at its end stands the cookie that auth reads. */
export async function oidcLogin (app: FastifyInstance, options: LoginOptions): Promise<void> {
  const { issuer, clientId, clientSecret, callback, session } = options
  const jwks = buildGetJwks()
  const verify = createVerifier({
    key: async ({ header }: { header: Record<string, unknown> }) =>
      jwks.getPublicKey({ kid: String(header['kid']), alg: String(header['alg']), domain: issuer }),
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: clientId,
    requiredClaims: ['sub', 'exp']
  })
  await app.register(oauth2, {
    name: 'oidc',
    scope: ['openid'],
    credentials: { client: { id: clientId, secret: clientSecret } },
    discovery: { issuer },
    pkce: 'S256',
    startRedirectPath: '/login',
    callbackUri: callback,
    // Behind TLS: hostPrefixedCookies.
    cookie: { path: '/', signed: true, maxAge: 600 }
  })

  app.get('/callback', async (request, reply) => {
    try {
      const { token } = await app.oidc.getAccessTokenFromAuthorizationCodeFlow(request, reply)
      const { sub } = await verify(String(token.id_token)) as { sub: string }
      // Behind TLS: add `secure: true` and call it __Host-token.
      reply.setCookie('token', session(sub), { path: '/', httpOnly: true, sameSite: 'lax' })
    } catch (error) {
      request.log.info({ err: error }, 'login failed')
      return reply.code(401).send({ error: 'this login was not begun here, or the issuer refused it' })
    }
    return reply.redirect('/')
  })
}
