import fc from 'fast-check'
import { test } from 'tap'
import { Backoff } from '../src/backoff.ts'
import { PositionGate } from '../src/position-gate.ts'
import { at, harness, publication } from './harness.ts'
import type { FakeSocket, Fields } from './harness.ts'

test('a wait is the hint and a jitter under a ceiling that doubles', (t) => {
  const step = fc.record({ hint: fc.nat({ max: 100_000 }), chance: fc.double({ min: 0, max: 0.999, noNaN: true }), held: fc.option(fc.nat({ max: 60_000 })) })
  fc.assert(fc.property(fc.array(step), fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1_000, max: 60_000 }), (steps, minDelay, maxDelay) => {
    let now = 0
    let chance = 0
    let attempts = 0
    const backoff = new Backoff({ minDelay, maxDelay, clock: { now: () => now }, random: () => chance })
    return steps.every(({ hint, chance: next, held }) => {
      chance = next
      if (held !== null) {
        backoff.holds()
        now += held
        if (held >= maxDelay) attempts = 0
      }
      const ceiling = Math.min(maxDelay, minDelay * 2 ** attempts++)
      const wait = backoff.next(hint)
      return wait >= hint && wait <= hint + ceiling && Math.abs(wait - hint - chance * ceiling) < 1e-6
    })
  }))
  t.end()
})

test('a position passes once and never goes back within an epoch', (t) => {
  fc.assert(fc.property(fc.array(fc.record({ offset: fc.nat({ max: 20 }), id: fc.nat({ max: 30 }) })), (all) => {
    const gate = new PositionGate()
    const passed = all.filter(({ offset, id }) => gate.pass({ id: String(id), position: at(offset) })).map(({ offset }) => offset)
    return passed.every((offset, i) => i === 0 || offset > (passed[i - 1] as number))
  }))
  t.end()
})

test('without positions only the very same publication is held back', (t) => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 2 })), (ids) => {
    const gate = new PositionGate()
    const passed = ids.filter((id) => gate.pass({ id: String(id) }))
    return passed.length === ids.filter((id, i) => id !== ids[i - 1]).length
  }))
  t.end()
})

type Step =
  | { readonly kind: 'publish', readonly jump: number }
  | { readonly kind: 'cut', readonly missed: number, readonly trim: number, readonly epoch: boolean }
  | { readonly kind: 'lost', readonly missed: number }

/** An honest server with one topic: what it says is true, but its offsets jump and its history is short. */
class Server {
  log: Array<{ readonly n: number, readonly offset: number }> = []
  published = 0
  offset = 0
  epoch = 'e0'
  readonly #page: number
  #trimmed = 0

  constructor (page: number) {
    this.#page = page
  }

  publish (jump: number): Fields {
    this.offset += 1 + jump
    this.log.push({ n: ++this.published, offset: this.offset })
    return this.#envelope({ n: this.published, offset: this.offset })
  }

  trim (count: number): void {
    for (const { offset } of this.log.splice(0, count)) this.#trimmed = offset
  }

  newEpoch (): void {
    this.epoch = `e${this.published}`
    this.log = []
    this.#trimmed = 0
    this.offset = 0
  }

  answer (socket: FakeSocket): void {
    for (;;) {
      const message = socket.last as { type: string, data: { since?: { epoch: string, offset: number } } }
      const { since } = message.data
      const position = at(this.offset, this.epoch)
      if (since === undefined) return socket.reply(socket.last, { position })
      if (since.epoch !== this.epoch || since.offset < this.#trimmed) return socket.reply(socket.last, { position, recovered: false })
      const all = this.log.filter(({ offset }) => offset > since.offset)
      const page = all.slice(0, this.#page)
      const publications = page.map((entry) => this.#envelope(entry))
      if (page.length === all.length) return socket.reply(socket.last, { position, recovered: true, publications })
      socket.reply(socket.last, { position: publications.at(-1)?.['position'], publications, more: true })
    }
  }

  #envelope ({ n, offset }: { n: number, offset: number }): Fields {
    return publication(n, { position: at(offset, this.epoch) })
  }
}

test('with an honest server nothing comes twice or out of order, and every gap is told', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('publish' as const), jump: fc.nat({ max: 3 }) }),
    fc.record({ kind: fc.constant('cut' as const), missed: fc.nat({ max: 6 }), trim: fc.nat({ max: 8 }), epoch: fc.boolean() }),
    fc.record({ kind: fc.constant('lost' as const), missed: fc.nat({ max: 6 }) })
  )
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), async (steps, page) => {
    const made = harness()
    const server = new Server(page)
    const told: Array<number | boolean> = []
    made.client.subscribe('room:1', { onPublication: ({ data }) => told.push(data as number), onRecovered: (recovered) => told.push(recovered) })
    let socket = await made.welcome()
    server.answer(socket)
    for (const now of steps) {
      if (now.kind === 'publish') {
        socket.receive(server.publish(now.jump))
        continue
      }
      if (now.kind === 'cut') {
        for (let i = 0; i < now.missed; i++) server.publish(0)
        if (now.epoch) server.newEpoch()
        server.trim(now.trim)
        socket = await made.reconnect()
      } else {
        socket.receive({ type: 'unsubscribed', topic: 'room:1', code: 'position-lost', reason: '' })
        for (let i = 0; i < now.missed; i++) socket.receive(server.publish(0))
        for (const { length } = socket.sent; socket.sent.length === length;) made.clock.advance(250)
      }
      server.answer(socket)
    }
    socket.receive(server.publish(0))
    void made.client.close()
    made.socket.drop()
    let last = 0
    let gap = false
    for (const item of told) {
      if (item === false) gap = true
      if (typeof item === 'boolean') continue
      if (item <= last || (item !== last + 1 && !gap)) return false
      last = item
      gap = false
    }
    return last === server.published
  }), { numRuns: 150 })
})

test('the queue loses nothing that it took and changes no order', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), fc.integer({ min: 0, max: 10 }), async (steps, maxQueued) => {
    const made = harness({ maxQueued })
    let n = 0
    const taken: number[] = []
    let open = false
    for (const send of steps) {
      if (send) {
        if (made.client.send('n', ++n)) taken.push(n)
      } else if (open) {
        made.socket.drop()
        made.retry()
        open = false
      } else {
        await made.welcome()
        open = true
      }
    }
    if (!open) await made.welcome()
    const sent = made.sockets.flatMap((socket) => socket.sent.map(({ data }) => data))
    void made.client.close()
    made.socket.drop()
    return JSON.stringify(sent) === JSON.stringify(taken)
  }), { numRuns: 100 })
})
