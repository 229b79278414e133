import { test } from 'tap'
import { SerialInterests } from '../src/interests.ts'

interface Call {
  readonly what: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function setup (): { interests: SerialInterests, calls: Call[], failures: unknown[], next: (error?: Error) => Promise<string> } {
  const calls: Call[] = []
  const failures: unknown[] = []
  const call = (what: string): Promise<void> => new Promise<void>((resolve, reject) => { calls.push({ what, resolve, reject }) })
  const interests = new SerialInterests({
    subscribe: (topic) => call(`+${topic}`),
    unsubscribe: (topic) => call(`-${topic}`)
  }, (error) => failures.push(error))
  const next = async (error?: Error): Promise<string> => {
    const { what, resolve, reject } = calls.shift()!
    if (error === undefined) resolve()
    else reject(error)
    await new Promise((done) => { setImmediate(done) })
    return what
  }
  return { interests, calls, failures, next }
}

test('the first hold subscribes, the last drop unsubscribes', async (t) => {
  const { interests, next } = setup()
  const held = interests.hold('a')
  t.equal(await next(), '+a')
  await held
  t.equal(interests.hold('a'), undefined)
  interests.drop('a')
  t.equal(await next(), '-a')
  t.equal(interests.size, 0)
  interests.drop('a')
})

test('calls for one topic follow each other, and those of others do not wait', async (t) => {
  const { interests, calls, next } = setup()
  void interests.hold('a')
  interests.drop('a')
  const again = interests.hold('a')
  const other = interests.hold('b')
  t.same(calls.map(({ what }) => what), ['+a', '+b'])
  t.equal(await next(), '+a')
  await again
  t.equal(await next(), '+b')
  await other
  interests.drop('a')
  const back = interests.hold('a')
  interests.drop('a')
  const last = interests.hold('a')
  t.equal(await next(), '-a')
  t.equal(await next(), '+a')
  await Promise.all([back, last])
  t.equal(calls.length, 0)
})

test('a hold while the broker subscribes waits for the same answer', async (t) => {
  const { interests, calls, next } = setup()
  const first = interests.hold('a')
  const second = interests.hold('a')
  t.equal(calls.length, 1)
  await next()
  await Promise.all([first, second])
})

test('whoever dropped meanwhile is not left waiting', async (t) => {
  const { interests, next } = setup()
  const held = interests.hold('a')
  interests.drop('a')
  await next()
  await held
  void interests.hold('a')
  interests.drop('a')
  t.equal(await next(), '-a')
  t.equal(interests.size, 0)
})

test('a failed subscribe is told to all who wait, and the next hold tries again', async (t) => {
  const { interests, next } = setup()
  const waiting = [interests.hold('a'), interests.hold('a')]
  const told = Promise.allSettled(waiting.map(async (held) => held))
  await next(new Error('away'))
  t.match(await told, [{ reason: { message: 'away' } }, { reason: { message: 'away' } }])
  t.equal(interests.size, 0)
  const held = interests.hold('a')
  t.equal(await next(), '+a')
  await held
})

test('a failed unsubscribe is reported and counts as done', async (t) => {
  const { interests, failures, next } = setup()
  const held = interests.hold('a')
  await next()
  await held
  interests.drop('a')
  await next(new Error('away'))
  t.match(failures, [{ message: 'away' }])
  t.equal(interests.size, 0)
})
