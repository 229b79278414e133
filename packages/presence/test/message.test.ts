import t from 'tap'
import { presenceMessage } from '../src/message.ts'
import { cluster } from './fixtures/nodes.ts'

async function setup (allowed: boolean) {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  const asked: unknown[] = []
  const handle = presenceMessage(a!.node, async (question) => {
    asked.push(question)
    return allowed
  })
  const replies: unknown[] = []
  const send = (data: unknown): Promise<unknown> => handle({
    data,
    connection: eve.connection,
    principal: eve.connection.principal,
    reply: (members) => {
      replies.push(members)
      return 'replied'
    }
  })
  return { clock, node: a!.node, connect, eve, asked, replies, send }
}

void t.test('the reply is the whole list, and what changes follows', async t => {
  const { clock, node, connect, eve, asked, replies, send } = await setup(true)
  await node.join(connect('ada').connection, 'room:1')
  t.equal(await send({ topic: 'room:1' }), 'replied')
  t.same(replies, [{ topic: 'room:1', version: 1, count: 1, members: [{ principal: 'ada' }] }])
  t.same(asked, [{ principal: { id: 'eve' }, topic: 'room:1', connection: eve.connection }])
  await node.join(connect('bob').connection, 'room:1')
  await clock.advance(100)
  t.same(eve.updates.map(({ joined }) => joined), [[{ principal: 'bob' }]])
  t.equal(await send({ topic: 'room:1', watch: false }), undefined)
  await node.join(connect('cyd').connection, 'room:1')
  await clock.advance(100)
  t.equal(eve.updates.length, 1)
})

void t.test('the policy gets what came as token', async t => {
  const { asked, send } = await setup(true)
  await send({ topic: 'room:1', token: 'signed' })
  t.match(asked, [{ topic: 'room:1', token: 'signed' }])
})

void t.test('who may not see is told so and watches nothing', async t => {
  const { node, replies, send } = await setup(false)
  await t.rejects(send({ topic: 'room:1' }), { code: 'FRT_ERR_PRESENCE_FORBIDDEN', statusCode: 403 })
  t.same(replies, [])
  t.equal(node.gauges.watchers, 0)
})

for (const data of [undefined, null, 'room:1', {}, { topic: 'a b' }, { topic: 'room:1', watch: 'yes' }]) {
  void t.test(`${JSON.stringify(data)} is not a question`, async t => {
    const { send } = await setup(true)
    await t.rejects(send(data), { code: 'FRT_ERR_PRESENCE_TOPIC', statusCode: 400 })
  })
}

void t.test('whose watch ends unasked is told why, once', async t => {
  const { node, eve, send } = await setup(true)
  node.unwatch(eve.connection, 'room:1', 'revoked')
  t.same(eve.updates, [], 'nobody was watching')
  await send({ topic: 'room:1' })
  node.unwatch(eve.connection, 'room:1', 'revoked')
  node.unwatch(eve.connection, 'room:1', 'revoked')
  t.same(eve.updates, [{ type: 'presence', topic: 'room:1', version: 0, ended: 'revoked' }])
  await send({ topic: 'room:1' })
  await send({ topic: 'room:1', watch: false })
  t.equal(eve.updates.length, 1, 'who asked for the end knows')
})
