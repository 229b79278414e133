import t from 'tap'
import { Backlog } from '../src/backlog.ts'

class Reader {
  pressure: number
  evicted = false

  constructor (pressure: number) {
    this.pressure = pressure
  }

  evict (): void {
    this.evicted = true
    this.pressure = 0
  }
}

t.test('beyond the limit the largest go, and only as many as it takes', async (t) => {
  const backlog = new Backlog<Reader>(1_000)
  const [small, large, middle] = [new Reader(100), new Reader(600), new Reader(290)] as [Reader, Reader, Reader]
  for (const reader of [small, large, middle]) backlog.note(reader)
  t.equal(backlog.bytes, 990)
  small.pressure = 200
  backlog.note(small)
  t.same([small, large, middle].map(({ evicted }) => evicted), [false, true, false])
  t.equal(backlog.bytes, 490)
})

t.test('what the kernel took meanwhile evicts nobody', async (t) => {
  const backlog = new Backlog<Reader>(1_000)
  const readers = Array.from({ length: 20 }, () => new Reader(100))
  for (const reader of readers) {
    backlog.note(reader)
    reader.pressure = 0
  }
  t.notOk(readers.some(({ evicted }) => evicted))
  t.equal(backlog.bytes, 0)
  t.equal(backlog.size, 0)
})

t.test('near the limit not every frame counts everything', async (t) => {
  const backlog = new Backlog<Reader>(1_000)
  let read = 0
  const others = Array.from({ length: 9 }, () => ({ get pressure () { read++; return 111 }, evict () {} }))
  for (const other of others) backlog.note(other as unknown as Reader)
  const last = new Reader(1)
  backlog.note(last)
  read = 0
  for (let at = 0; at < 10; at++) {
    last.pressure = at % 2
    backlog.note(last)
  }
  t.equal(read, 0)
})

t.test('who is forgotten counts no more', async (t) => {
  const backlog = new Backlog<Reader>(1_000)
  const reader = new Reader(10)
  backlog.note(reader)
  backlog.forget(reader)
  t.equal(backlog.size, 0)
  t.equal(backlog.bytes, 0)
})
