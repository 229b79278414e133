import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import type { Answer } from '../src/control.ts'
import { Questions } from '../src/questions.ts'

const answer = (count: number): Answer => ({ count, connections: [], topics: [] })
const [one, two, nine] = [answer(1), answer(2), answer(9)]

void t.test('a question ends when all have answered; a second answer of one node does not count', async (t) => {
  const clock = fakeClock()
  const questions = new Questions(clock)
  const asking = questions.ask('q', ['a', 'b'], 100)
  questions.answer('q', 'a', one)
  questions.answer('q', 'a', nine)
  questions.answer('q', 'stranger', nine)
  questions.answer('other', 'b', nine)
  questions.answer('q', 'b', two)
  t.same(await asking, { answers: [one, two], missing: [] })
  t.equal(clock.pending, 0)
  t.equal(questions.size, 0)
})

void t.test('at the deadline it ends with who is missing', async (t) => {
  const clock = fakeClock()
  const questions = new Questions(clock)
  const asking = questions.ask('q', ['a', 'b'], 100)
  questions.answer('q', 'b', two)
  await clock.pass(100)
  t.same(await asking, { answers: [two], missing: ['a'] })
  questions.answer('q', 'a', one)
  questions.close('q')
})

void t.test('with nobody to ask it ends at once', async (t) => {
  const clock = fakeClock()
  t.same(await new Questions(clock).ask('q', [], 100), { answers: [], missing: [] })
  t.equal(clock.pending, 0)
})

void t.test('clear ends all', async (t) => {
  const clock = fakeClock()
  const questions = new Questions(clock)
  const asking = [questions.ask('q', ['a'], 100), questions.ask('r', ['b'], 100)]
  questions.clear()
  t.same((await Promise.all(asking)).flatMap((answers) => answers.missing), ['a', 'b'])
  t.equal(clock.pending, 0)
})
