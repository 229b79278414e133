import { fakeClock } from '@fastify-realtime/testing'
import t from 'tap'
import { AddressBook } from '../src/address-book.ts'

const rate = { burst: 2, perMillisecond: 0.001 }

t.test('connections of an address are counted, and leave nothing behind', async (t) => {
  const book = new AddressBook(fakeClock(), false)
  book.acquire('a')
  book.acquire('a')
  t.equal(book.count('a'), 2)
  book.release('a')
  t.equal(book.count('a'), 1)
  book.release('a')
  t.equal(book.size, 0)
  t.equal(book.wait('a'), 0, 'no rate, no wait')
})

t.test('the rate of an address is its own', async (t) => {
  const clock = fakeClock()
  const book = new AddressBook(clock, rate)
  t.same([book.wait('a'), book.wait('a'), book.wait('b')], [0, 0, 0])
  const wait = book.wait('a')
  t.ok(wait > 0)
  clock.advance(wait)
  t.equal(book.wait('a'), 0)
})

t.test('addresses that are as good as new are forgotten', async (t) => {
  const clock = fakeClock()
  const book = new AddressBook(clock, rate)
  for (let at = 0; at < 100; at++) book.wait(`old ${at}`)
  t.equal(book.size, 100)
  book.sweep(1_000)
  t.equal(book.size, 100, 'not while they count')
  clock.advance(10_000)
  for (let at = 0; at < 50; at++) book.wait('new')
  t.equal(book.size, 1)
})

t.test('a spray of addresses is bounded', async (t) => {
  const book = new AddressBook(fakeClock(), rate)
  for (let at = 0; at < 70_000; at++) book.wait(`address ${at}`)
  t.equal(book.size, 65_536)
})
