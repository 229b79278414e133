import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { json } from '../src/json.ts'
import { harness, tick } from './harness.ts'

function vectors<Groups> (name: string): Groups {
  return JSON.parse(readFileSync(new URL(`../../protocol/vectors/${name}.json`, import.meta.url), 'utf8')) as Groups
}

test('close-code.json: it comes back after the codes that say so, and waits as long as the hint says', async (t) => {
  const { comesBack, hints } = vectors<{
    comesBack: Array<{ code: number, comesBack: boolean }>
    hints: Array<{ reason: string, retryAfter: number | null }>
  }>('close-code')
  for (const { code, comesBack: expected } of comesBack) {
    const made = harness()
    const socket = await made.welcome()
    socket.drop(code)
    t.equal(made.client.state, expected ? 'waiting' : 'closed', String(code))
    void made.client.close()
  }
  for (const { reason, retryAfter } of hints) {
    const made = harness({ random: () => 0 })
    const socket = await made.welcome()
    let wait: number | undefined
    made.client.on('close', ({ retryIn }) => { wait ??= retryIn })
    socket.drop(1012, reason)
    t.equal(wait, retryAfter ?? 0, reason)
    void made.client.close()
  }
})

test('codec.json: the JSON codec of the client reads and writes the same', (t) => {
  const { envelopes } = vectors<{ envelopes: Array<{ value: never, json: string }> }>('codec')
  for (const { value, json: text } of envelopes) {
    t.same(json.decode(text), value)
    t.same(JSON.parse(json.encode(value) as string), value)
  }
  t.end()
})

test('codec.json: whatever frame comes, the client lives', async (t) => {
  const { json: frames } = vectors<{ json: Array<{ frame: string }> }>('codec')
  for (const { frame } of frames) {
    const made = harness()
    const socket = await made.welcome()
    socket.receiveRaw(frame)
    t.not(made.client.state, 'closed')
    void made.client.close()
    socket.drop()
  }
})

test('envelope.json: tokens travel as these subprotocols', async (t) => {
  const { bearers } = vectors<{ bearers: Array<{ token: string, protocol: string }> }>('envelope')
  for (const { token, protocol } of bearers) {
    const made = harness({ token })
    await tick()
    t.equal(made.socket.protocols[1], protocol)
    void made.client.close()
    made.socket.drop()
  }
})

test('topic.json: client.user finds the topic of its principal', async (t) => {
  const { users } = vectors<{ users: Array<{ id: string, topic: string | null }> }>('topic')
  for (const { id, topic } of users) {
    if (topic === null) continue
    const made = harness()
    await made.welcome({ principal: id, subscriptions: [{ topic: 'user:someone' }, { topic }] })
    t.equal(made.client.user.topic, topic)
    void made.client.close()
    made.socket.drop()
  }
})
