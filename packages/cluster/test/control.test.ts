import t from 'tap'
import { readAsked, readReplied } from '../src/control.ts'

void t.test('reads questions, as text and as bytes', async (t) => {
  const asked = { from: 'n1', question: { kind: 'connections', filter: { principal: 'ada' }, limit: 5 } }
  t.same(readAsked(JSON.stringify(asked)), asked)
  t.same(readAsked(Buffer.from(JSON.stringify(asked))), asked)
  const disconnect = { from: 'n1', question: { kind: 'disconnect', filter: {}, reason: { code: 1000, reason: 'done' } } }
  t.same(readAsked(JSON.stringify(disconnect)), disconnect)
  t.same(readAsked('{"from":"n1","question":{"kind":"topics","limit":1}}'), { from: 'n1', question: { kind: 'topics', limit: 1 } })
})

void t.test('what is no question is none', async (t) => {
  const foreign = ['', 'x', 'null', '1', '[]', '{}', '{"from":"n1"}', '{"from":"n1","question":null}', '{"from":1,"question":{"kind":"topics"}}',
    '{"from":"n1","question":{"kind":"reboot"}}', '{"from":"n1","question":{"kind":"disconnect"}}']
  for (const payload of foreign) t.equal(readAsked(payload), undefined, payload)
})

void t.test('reads answers, and nothing else', async (t) => {
  const replied = { from: 'n1', answer: { count: 2, connections: [], topics: [] } }
  t.same(readReplied(JSON.stringify(replied)), replied)
  const foreign = ['', '{}', '{"from":"n1"}', '{"from":"n1","answer":null}', '{"from":"n1","answer":{"count":1}}',
    '{"from":"n1","answer":{"count":1,"connections":[]}}', '{"from":1,"answer":{"count":1,"connections":[],"topics":[]}}']
  for (const payload of foreign) {
    t.equal(readReplied(payload), undefined, payload)
  }
})
