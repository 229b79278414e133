import { fakeClock } from '@fastify-realtime/testing'
import type { ServerRequest } from '@fastify-realtime/protocol'
import t from 'tap'
import { Requests } from '../src/requests.ts'

function requests () {
  const clock = fakeClock()
  const sent: ServerRequest[] = []
  const asked = new Requests(clock)
  return { clock, sent, asked, ask: (data?: unknown, options = {}) => asked.ask((request) => sent.push(request), 'name', data, options) }
}

t.test('a reply settles its own request', async (t) => {
  const { ask, asked, sent, clock } = requests()
  const [one, two] = [ask(1), ask()]
  t.same(sent, [{ type: 'request', id: 's1', name: 'name', data: 1 }, { type: 'request', id: 's2', name: 'name' }])
  t.ok(asked.answer({ type: 'reply', id: 's2', data: 'two' }))
  t.ok(asked.answer({ type: 'reply', id: 's1', data: 'one' }))
  t.same([await one, await two], ['one', 'two'])
  t.notOk(asked.answer({ type: 'reply', id: 's1' }), 'answered once')
  t.equal(clock.pending, 0)
})

t.test('a failure rejects, whatever the client wrote into it', async (t) => {
  const { ask, asked } = requests()
  const answer = async (failure: object) => {
    const asking = ask()
    asked.answer({ type: 'failure', id: `s${++count}`, ...failure })
    return await asking.catch((error: unknown) => error)
  }
  let count = 0
  t.match(await answer({ code: 'forbidden', message: 'no', details: { a: 1 } }), { code: 'forbidden', message: 'no', details: { a: 1 } })
  t.match(await answer({ code: '__proto__', message: 7 }), { code: 'internal', message: 'the client refused' })
})

t.test('no reply in time is a timeout', async (t) => {
  const { ask, asked, clock } = requests()
  const late = ask(undefined, { timeout: 100 })
  const usual = ask()
  clock.advance(100)
  await t.rejects(late, { code: 'timeout' })
  t.equal(asked.size, 1)
  clock.advance(9_900)
  await t.rejects(usual, { code: 'timeout' })
  t.equal(asked.size, 0)
})

t.test('a signal ends the wait', async (t) => {
  const { ask, clock, sent } = requests()
  const controller = new AbortController()
  const asking = ask(undefined, { signal: controller.signal })
  const settled = ask(undefined, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.rejects(asking, { message: 'enough' })
  await t.rejects(settled, { message: 'enough' })
  await t.rejects(ask(undefined, { signal: controller.signal }), { message: 'enough' })
  t.equal(sent.length, 2)
  t.equal(clock.pending, 0)
})

t.test('the end of the connection is the end of its requests', async (t) => {
  const { ask, asked, clock } = requests()
  const asking = [ask(), ask()]
  asked.end()
  for (const one of asking) await t.rejects(one, { code: 'unavailable' })
  t.equal(asked.size, 0)
  t.equal(clock.pending, 0)
})
