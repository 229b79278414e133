import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.js'

const TOPIC = 'room:a:1'
const acknowledged = (n, offset, epoch = 'e', topic = TOPIC) => ({ n, topic, position: { epoch, offset } })
const five = [1, 2, 3, 4, 5].map((offset) => acknowledged(offset - 1, offset))
const live = (offset, epoch = 'e') => ({ kind: 'live', n: -1, epoch, offset })
const got = (n, offset, epoch = 'e') => ({ kind: 'publication', n, epoch, offset })
const say = (kind) => ({ kind, n: -1, epoch: undefined, offset: -1 })
const all = [live(0), ...[1, 2, 3, 4, 5].map((offset) => got(offset - 1, offset))]

function verdictOf (rows, { publications = five, foreign = [], topic = TOPIC } = {}) {
  const { verdicts, faults } = judge({ publications, records: [{ client: 'c', topic, rows, foreign }] })
  const [verdict] = Object.entries(verdicts).find(([, count]) => count === 1)
  return { verdict, faults }
}

test('everything once and in order is ok', () => assert.equal(verdictOf(all).verdict, 'ok'))

test('what was published before it went live is not due', () => assert.equal(verdictOf([live(3), got(3, 4), got(4, 5)]).verdict, 'ok'))

test('a recovery that brings everything is recovered', () => {
  assert.equal(verdictOf([live(0), got(0, 1), got(1, 2), got(2, 3), say('recovered'), live(3), got(3, 4), got(4, 5)]).verdict, 'recovered')
})

test('a hole is a silent loss, also when a recovery lied about it', () => {
  assert.equal(verdictOf([live(0), got(0, 1), got(2, 3), got(3, 4), got(4, 5)]).verdict, 'silent')
  assert.equal(verdictOf([live(0), got(0, 1), say('recovered'), live(3), got(3, 4), got(4, 5)]).verdict, 'silent')
})

test('a missing tail is a silent loss', () => assert.equal(verdictOf(all.slice(0, -1)).faults.silent, 1))

test('a loss that was told is signalled', () => {
  assert.equal(verdictOf([live(0), got(0, 1), say('lost'), got(3, 4), live(4), got(4, 5)]).verdict, 'signalled')
})

test('after a told loss nothing may be missing again', () => {
  assert.equal(verdictOf([live(0), say('lost'), got(1, 2), live(2), got(2, 3), got(4, 5)]).verdict, 'silent')
})

test('another epoch has to be told', () => {
  const publications = [acknowledged(0, 1), acknowledged(1, 101, 'f'), acknowledged(2, 102, 'f')]
  assert.equal(verdictOf([live(0), got(0, 1), got(1, 101, 'f'), got(2, 102, 'f')], { publications }).verdict, 'silent')
  assert.equal(verdictOf([live(0), got(0, 1), live(101, 'f'), got(2, 102, 'f')], { publications }).verdict, 'silent')
  assert.equal(verdictOf([live(0), got(0, 1), say('lost'), got(1, 101, 'f'), live(101, 'f'), got(2, 102, 'f')], { publications }).verdict, 'signalled')
})

test('twice is a duplicate', () => assert.equal(verdictOf([...all, got(4, 5)]).verdict, 'duplicate'))

test('twice over a told loss of the history is no duplicate, without a word it is one', () => {
  const publications = [acknowledged(0, 1), { ...acknowledged(1, 102, 'f') }]
  const again = [live(0), got(0, 1), got(1, 2), say('lost'), live(100, 'f'), got(1, 102, 'f')]
  const { verdict, faults } = verdictOf(again, { publications })
  assert.deepEqual([verdict, faults.duplicate], ['signalled', 0])
  assert.equal(verdictOf(again.filter(({ kind }) => kind !== 'lost'), { publications }).faults.duplicate, 1)
  assert.equal(verdictOf([live(0), got(0, 1), say('lost'), got(1, 2), live(2), got(1, 3)], { publications }).faults.duplicate, 1)
})

test('backwards is a reorder', () => {
  assert.equal(verdictOf([live(0), got(1, 2), got(0, 1), got(2, 3), got(3, 4), got(4, 5)]).verdict, 'reorder')
})

test('what nobody published is a phantom', () => assert.equal(verdictOf([...all, got(77, 6)]).verdict, 'phantom'))

test('what belongs to another topic is a leak', () => {
  const publications = [...five, acknowledged(5, 1, 'x', 'room:b:1')]
  assert.equal(verdictOf([...all, got(5, 6)], { publications }).verdict, 'leak')
  assert.equal(verdictOf(all, { foreign: [{ topic: 'room:b:1' }] }).verdict, 'leak')
})

test('what somebody got without an acknowledgement is due to everybody', () => {
  const publications = [...five, { n: 5, topic: TOPIC }]
  const { faults } = judge({ publications, records: [
    { client: 'one', topic: TOPIC, rows: [...all, got(5, 6)], foreign: [] },
    { client: 'two', topic: TOPIC, rows: all, foreign: [] }
  ] })
  assert.equal(faults.silent, 1)
})
