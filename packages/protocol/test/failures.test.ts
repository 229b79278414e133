import { test } from 'tap'
import { DecodeError, failureEnvelope, isDecodeError, isFailure, isFailureCode, isMessageFailure, isReply, MessageFailure, messageFailure, readMessage } from '../src/index.ts'

test('a failure carries its code, message, retry and details', (t) => {
  const failure = messageFailure('conflict', 'taken', { retry: true, details: { by: 'ada' } })
  t.match(failure, { name: 'MessageFailure', code: 'conflict', message: 'taken', retry: true, details: { by: 'ada' } })
  t.type(failure, MessageFailure)
  t.type(failure, Error)
  t.end()
})

test('retry follows the code unless the failure says otherwise', (t) => {
  t.equal(messageFailure('unavailable', '').retry, true)
  t.equal(messageFailure('unavailable', '', { retry: false }).retry, false)
  t.equal(messageFailure('internal', '', {}).retry, false)
  t.end()
})

test('a failure becomes an envelope without the fields that it does not have', (t) => {
  t.strictSame(failureEnvelope(messageFailure('not-found', 'no such room')), { type: 'failure', code: 'not-found', message: 'no such room', retry: false })
  t.strictSame(failureEnvelope(messageFailure('rate-limited', 'slow down', { details: 0 }), '7'), { type: 'failure', id: '7', code: 'rate-limited', message: 'slow down', retry: true, details: 0 })
  t.end()
})

test('failures and decode errors of another copy of the package are known', (t) => {
  t.equal(isMessageFailure(Object.assign(new Error('x'), { [Symbol.for('fastify-realtime.message-failure')]: true })), true)
  t.equal(isDecodeError(Object.assign(new Error('x'), { [Symbol.for('fastify-realtime.decode-error')]: true })), true)
  t.equal(isDecodeError(new DecodeError('x')), true)
  t.end()
})

test('nothing else is a failure or a decode error', (t) => {
  for (const value of [undefined, null, 'bad-message', 1, {}, new Error('x'), { code: 'internal', retry: false }]) {
    t.equal(isMessageFailure(value), false)
    t.equal(isDecodeError(value), false)
  }
  for (const value of [undefined, 1, 'nonsense', 'toString', '__proto__']) t.equal(isFailureCode(value), false)
  t.end()
})

test('answers of a client are told from its messages', (t) => {
  const reply = readMessage({ type: 'reply', id: 's1', data: 1 })
  const failure = readMessage({ type: 'failure', id: 's1', code: 'not-found', message: 'no' })
  const message = readMessage({ type: 'chat.send' })
  t.same([reply, failure, message].map((each) => [isReply(each), isFailure(each)]), [[true, false], [false, true], [false, false]])
  t.end()
})
