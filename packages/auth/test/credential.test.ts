import { bearerProtocol } from '@fastify-realtime/protocol'
import t from 'tap'
import { credential, maxTokenBytes, readCredential } from '../src/credential.ts'
import type { CredentialParts } from '../src/credential.ts'

const nothing: CredentialParts = {
  authorization: undefined, protocols: undefined, cookie: undefined, ticket: undefined, query: undefined
}
const everything: CredentialParts = {
  authorization: 'Bearer from-header',
  protocols: `realtime.v1.json, ${bearerProtocol('from-protocol')}`,
  cookie: 'from-cookie',
  ticket: 'from-ticket',
  query: 'from-query'
}

void t.test('the order is header, subprotocol, cookie, ticket, query', async (t) => {
  t.same(readCredential(everything), { source: 'header', token: 'from-header' })
  t.same(readCredential({ ...everything, authorization: undefined }), { source: 'subprotocol', token: 'from-protocol' })
  t.same(readCredential({ ...nothing, cookie: 'from-cookie', ticket: 'x' }), { source: 'cookie', token: 'from-cookie' })
  t.same(readCredential({ ...nothing, ticket: 'from-ticket', query: 'x' }), { source: 'ticket', token: 'from-ticket' })
  t.same(readCredential({ ...nothing, query: 'from-query' }), { source: 'query', token: 'from-query' })
  t.equal(readCredential(nothing), undefined)
})

void t.test('another scheme and an empty cookie are no credential', async (t) => {
  t.equal(readCredential({ ...nothing, authorization: 'Basic YTpi' }), undefined)
  t.equal(readCredential({ ...nothing, authorization: 'Bearerish x' }), undefined)
  t.equal(readCredential({ ...nothing, cookie: '' }), undefined)
  t.equal(readCredential({ ...nothing, protocols: 'realtime.v1.json' }), undefined)
})

void t.test('the scheme is read in any case', async (t) => {
  t.same(readCredential({ ...nothing, authorization: 'bEARER a.b.c ' }), { source: 'header', token: 'a.b.c' })
})

for (const [why, parts] of [
  ['a bearer without a token', { authorization: 'Bearer' }],
  ['a bearer with two tokens', { authorization: 'Bearer a b' }],
  ['a bearer with another alphabet', { authorization: 'Bearer a"b' }],
  ['two bearer subprotocols', { protocols: `${bearerProtocol('a')}, ${bearerProtocol('b')}` }],
  ['an empty bearer subprotocol', { protocols: 'bearer.' }],
  ['a subprotocol that is no base64url', { protocols: 'bearer.a.b' }],
  ['a cookie whose signature does not hold', { cookie: null }],
  ['a ticket without a value', { ticket: '' }],
  ['a token that is too long', { query: 'x'.repeat(maxTokenBytes + 1) }]
] as const) {
  void t.test(`${why} refuses, and no other source is tried`, async (t) => {
    t.throws(() => readCredential({ ...nothing, query: 'good', ...parts }), { message: 'credential invalid' })
  })
}

void t.test('the longest token is taken', async (t) => {
  t.equal(maxTokenBytes, 8 * 1_024)
  t.equal(credential('query', 'x'.repeat(maxTokenBytes)).token.length, maxTokenBytes)
})
