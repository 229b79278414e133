import t from 'tap'
import { rules } from '../src/index.ts'
import { open, server } from './support/server.ts'
import { goodClaims, rsa, seconds, secret, token } from './support/tokens.ts'

const topicToken = (claims: object = {}, header: object = {}): string =>
  token({ header: { typ: 'topic+jwt', ...header }, claims: { ...goodClaims(), topics: ['doc:7', 'room:*'], rights: ['subscribe', 'publish'], ...claims } })

void t.test('a signed topic token grants its topics to its principal', async (t) => {
  const { app } = await server(t)
  const { canSubscribe, canPublish, canReadHistory } = rules({}, { topicTokens: app.realtimeAuth })
  const principal = { id: 'ada' }
  t.equal(await canSubscribe({ principal, topic: 'doc:7', token: topicToken() }), true)
  t.equal(await canSubscribe({ principal, topic: 'room:9', token: topicToken() }), true)
  t.equal(await canPublish({ principal, topic: 'doc:7', token: topicToken() }), true)
  t.equal(await canReadHistory({ principal, topic: 'doc:7', token: topicToken() }), false)
  t.equal(await canPublish({ principal, topic: 'doc:7', token: topicToken({ rights: undefined }) }), false)
  t.equal(await canSubscribe({ principal, topic: 'doc:7', token: topicToken({ rights: undefined }) }), true, 'subscribe unless it says more')
  t.equal(await canSubscribe({ principal: { id: 'eve' }, topic: 'doc:7', token: topicToken() }), false)
})

void t.test('a topic token that does not hold grants nothing', async (t) => {
  const { app } = await server(t)
  const read = (given: string) => app.realtimeAuth.readTopicToken(given)
  t.match(await read(topicToken()), { principal: 'ada', topics: ['doc:7', 'room:*'] })
  for (const given of [
    token(), topicToken({ exp: seconds(-5) }), topicToken({ sub: '' }), topicToken({ sub: 7 }), topicToken({ topics: 'doc:7' }),
    topicToken({ topics: ['a b'] }), topicToken({ topics: Array.from({ length: 101 }, () => 'a') }), topicToken({ rights: [7] }),
    topicToken({ iat: 'today' }), topicToken({ iat: seconds(120) }), topicToken({ topics: undefined }), topicToken({ pad: 'x'.repeat(9_000) }), topicToken({}, { typ: 'JWT' }), 'x',
    token({ key: 'k'.repeat(40), header: { typ: 'topic+jwt' }, claims: { ...goodClaims(), topics: ['a'] } })
  ]) t.equal(await read(given), undefined)
})

void t.test('neither kind of token can be used in the other\'s place', async (t) => {
  const { url, app } = await server(t)
  t.equal((await open(url(), { headers: { authorization: `Bearer ${topicToken()}` } })).status, 401)
  t.equal(await app.realtimeAuth.readTopicToken(token({ claims: { ...goodClaims(), topics: ['a'] } })), undefined)
})

void t.test('a topic token is revoked with its principal, or by its own id', async (t) => {
  const { app } = await server(t)
  const old = topicToken({ iat: seconds(-5) })
  const one = topicToken({ jti: 'one' })
  await app.realtimeAuth.revoke({ tokenId: 'one' })
  t.equal(await app.realtimeAuth.readTopicToken(one), undefined)
  t.ok(await app.realtimeAuth.readTopicToken(old))
  await app.realtimeAuth.revoke({ principal: 'ada', issuedBefore: seconds(-2) * 1_000 })
  t.equal(await app.realtimeAuth.readTopicToken(old), undefined)
  t.ok(await app.realtimeAuth.readTopicToken(topicToken()))
})

void t.test('while keys are out of reach nothing is granted, and it says so', async (t) => {
  const client = { getJwk: async () => { throw new Error('away') } }
  const { app } = await server(t, { jwt: { jwks: { client, domain: 'https://issuer.example.com' } } })
  const given = token({ alg: 'RS256', key: rsa.privateKey, header: { kid: 'a' } })
  await t.rejects(app.realtimeAuth.readTopicToken(given), { code: 'FRT_ERR_AUTH_UNAVAILABLE' })
})

void t.test('without keys there are no topic tokens', async (t) => {
  const { app } = await server(t, { verify: () => null })
  t.equal(await app.realtimeAuth.readTopicToken(topicToken()), undefined)
})

void t.test('a jti that is empty or too long does not name a token', async (t) => {
  const { app } = await server(t, { jwt: { secret } })
  for (const jti of ['', 'x'.repeat(257)]) t.match(await app.realtimeAuth.readTopicToken(topicToken({ jti })), { tokenId: /^[\w-]{43}$/ })
})
