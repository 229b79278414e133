import { bearerProtocol } from '@fastify-realtime/protocol'
import { connect, connectAndGreet } from '@fastify-realtime/testing'
import { createSigner } from 'fast-jwt'
import t from 'tap'
import { WebSocket } from 'ws'
import { login, playground } from './fixtures/playground.ts'

const deep = `${'['.repeat(40)}${']'.repeat(40)}`

const failures: ReadonlyArray<readonly [name: string, frame: string, code: string]> = [
  ['what is not JSON', '{', 'bad-message'],
  ['what is no object', '[1]', 'bad-message'],
  ['a missing type', '{"id":"1"}', 'bad-message'],
  ['a type that is no string', '{"type":1,"id":"1"}', 'bad-message'],
  ['an id that is no string', '{"type":"echo","id":1,"data":{"text":"a"}}', 'bad-message'],
  ['an id of 65 bytes', `{"type":"echo","id":"${'x'.repeat(65)}","data":{"text":"a"}}`, 'bad-message'],
  ['deep nesting', `{"type":"echo","id":"1","data":${deep}}`, 'bad-message'],
  ['an unknown type', '{"type":"nothing","id":"1"}', 'unknown-type'],
  ['a reserved type', '{"type":"realtime.any","id":"1"}', 'unknown-type'],
  ['__proto__ as a type', '{"type":"__proto__","id":"1"}', 'unknown-type'],
  ['constructor as a type', '{"type":"constructor","id":"1"}', 'unknown-type'],
  ['data against the schema', '{"type":"echo","id":"1","data":{"words":"a"}}', 'invalid-data'],
  ['a topic against the grammar', '{"type":"subscribe","id":"1","data":{"topic":"a b"}}', 'invalid-data'],
  ['a topic that the policy denies', '{"type":"subscribe","id":"1","data":{"topic":"orders"}}', 'forbidden'],
  ['a topic that no pattern allows', '{"type":"subscribe","id":"1","data":{"topic":"elsewhere:1"}}', 'forbidden']
]

t.test('what a client does wrong is answered, and the connection beside it notices nothing', async (t) => {
  const { app, address } = await playground(t)
  const [ada, bob] = await Promise.all([login(app, 'ada'), login(app, 'bob')])
  const neighbour = await connectAndGreet(address, { token: bob.token })
  await neighbour.request('subscribe', { topic: 'room:lobby' })

  for (const [name, frame, code] of failures) {
    const client = await connectAndGreet(address, { token: ada.token })
    client.socket.send(frame)
    t.match(await client.next('failure'), { code }, `${name}: ${code}`)
    t.same(await client.request('echo', { text: 'still here' }), { text: 'still here' })
    await client.close()
  }

  const binary = await connectAndGreet(address, { token: ada.token })
  binary.socket.send(Buffer.from('{"type":"echo"}'))
  t.equal((await binary.closed).code, 4500, 'a binary frame on a text codec: 4500')

  const floods = await connectAndGreet(address, { token: ada.token })
  for (let i = 0; i < 400; i++) floods.socket.send('{"type":"echo","data":{"text":"a"}}')
  t.match(await floods.next('failure'), { code: 'rate-limited', retry: true, details: { retryAfter: Number } })
  t.equal((await floods.closed).code, 4003, 'too many messages: 4003')

  const errs = await connectAndGreet(address, { token: ada.token })
  for (let i = 0; i < 40; i++) errs.socket.send('{')
  t.equal((await errs.closed).code, 4504, 'too many errors: 4504')

  const malformed = await connectAndGreet(address, { token: ada.token })
  ;(malformed.socket as WebSocket & { _socket: { write: (bytes: Buffer) => void } })._socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))
  t.equal((await malformed.closed).code, 1002, 'reserved bits: 1002')

  await neighbour.request('chat.send', { room: 'lobby', text: 'all quiet' })
  t.match(await neighbour.next('publication'), { data: { text: 'all quiet' } })
  t.equal(neighbour.waiting('failure'), 0)
})

t.test('a bad credential or origin is refused before the upgrade, or told to browsers', async (t) => {
  const secret = 's'.repeat(32)
  const { address } = await playground(t, { jwtSecret: secret })
  const sign = (key: string, expiresIn: number): string => createSigner({ key, expiresIn, clockTimestamp: Date.now() - 60_000 })({ sub: 'ada' })
  const good = sign(secret, 3_600_000)
  const json = 'realtime.v1.json'
  const header = (token: string, more = {}) => ({ ws: { headers: { authorization: `Bearer ${token}`, ...more } } })

  await t.rejects(connect(address, { protocols: [] }), /401/, 'no token')
  await t.rejects(connect(address, { protocols: [], ...header(sign('x'.repeat(32), 3_600_000)) }), /401/, 'a forged token')
  await t.rejects(connect(address, { protocols: [], ...header(good, { origin: 'https://evil.example' }) }), /403/, 'another origin')
  await t.rejects(connect(address, { protocols: ['other.v1'], ...header(good) }), /400/, 'no protocol that we can select')
  await t.rejects(connect(address, { path: '/metrics', ...header(good) }), /404/, 'not a WebSocket route')

  const told = async (token: string): Promise<{ code: number, protocol: string }> => {
    const socket = new WebSocket(`${address}/ws`, [json, bearerProtocol(token)], { origin: address.replace('ws', 'http') })
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('close', (code) => resolve({ code, protocol: socket.protocol }))
    })
  }
  t.same(await told(sign('x'.repeat(32), 3_600_000)), { code: 4501, protocol: json })
  t.same(await told(sign(secret, 1_000)), { code: 4004, protocol: json })
})
