import { bearerProtocol } from '@fastify-realtime/protocol'
import fc from 'fast-check'
import t from 'tap'
import { selectProtocol } from '../src/select-protocol.ts'

const ours = ['json', 'msgpack']
const strict = { protocols: ours }
const anything = { protocols: null }

t.test('an endpoint selects what it prefers of what is offered, or nothing', async (t) => {
  t.equal(selectProtocol(undefined, strict, ours), '')
  t.equal(selectProtocol('msgpack, json', strict, ours), 'json')
  t.equal(selectProtocol('msgpack', strict, ours), 'msgpack')
  t.equal(selectProtocol('other', strict, ours), undefined)
  t.equal(selectProtocol(bearerProtocol('secret'), strict, ours), undefined)
})

t.test('a route that knows nothing of us selects the first offer, as ever', async (t) => {
  t.equal(selectProtocol('graphql-transport-ws, other', anything, ours), 'graphql-transport-ws')
  t.equal(selectProtocol('other, json', anything, ours), 'json', 'unless it hands its socket to us')
  t.equal(selectProtocol(bearerProtocol('secret'), anything, ours), '')
})

t.test('a credential is never selected', async () => {
  const name = fc.oneof(fc.constantFrom(...ours, 'other'), fc.string().map(bearerProtocol))
  fc.assert(fc.property(fc.array(name, { minLength: 1 }), fc.boolean(), (offer, any) =>
    selectProtocol(offer.join(','), any ? anything : strict, ours)?.startsWith('bearer.') !== true))
})
