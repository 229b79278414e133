import fc from 'fast-check'
import { applyPatch } from 'rfc6902'
import { test } from 'tap'
import { DeltaChain, diff } from '../src/delta.ts'
import { json } from './model/json.ts'

function applied (from: unknown, patch: ReturnType<typeof diff>): unknown {
  const root = { value: structuredClone(from) }
  const errors = applyPatch(root, patch.map((operation) => ({ ...operation, path: `/value${operation.path}` })))
  if (errors.some((error) => error !== null)) throw new Error(JSON.stringify(errors))
  return root.value
}

test('a patch turns one value into the other', (t) => {
  fc.assert(fc.property(json, json, (from, to) => {
    t.same(JSON.parse(JSON.stringify(applied(from, diff(from, to)))), to)
  }), { numRuns: 300 })
  t.end()
})

test('arrays that grow, shrink and change do so item by item', (t) => {
  for (const [from, to] of [[[1, 2, 3], [1, 9]], [[1], [1, 2, 3]], [[{ a: 1 }, []], [{ a: 2 }, [1]]], [[], []]] as const) {
    t.same(applied(from, diff(from, to)), to)
  }
  t.same(diff([{ price: 1 }], [{ price: 2 }]), [{ op: 'replace', path: '/0/price', value: 2 }])
  t.end()
})

const order = (price: number): string => JSON.stringify({ symbol: 'X', name: 'a name that makes the publication longer than its patch', price })

test('a publication follows the one before as a patch', (t) => {
  const chain = new DeltaChain(50)
  t.equal(chain.next('1', order(1)), undefined)
  t.same(chain.next('2', order(2)), { base: '1', patch: '[{"op":"replace","path":"/price","value":2}]' })
  t.equal(chain.sequence, 2)
  t.end()
})

test('everybody gets a full publication now and then', (t) => {
  const chain = new DeltaChain(3)
  const full = [1, 2, 3, 4, 5, 6].filter((n) => chain.next(String(n), order(n)) === undefined)
  t.same(full, [1, 3, 6])
  t.end()
})

test('a patch that saves little is not made', (t) => {
  const chain = new DeltaChain(50)
  chain.next('1', '{"a":1}')
  t.equal(chain.next('2', '{"b":2}'), undefined)
  t.end()
})

test('large payloads are sent in full, and nothing builds on them', (t) => {
  const chain = new DeltaChain(50)
  const large = JSON.stringify({ text: 'x'.repeat(70_000) })
  chain.next('1', order(1))
  t.equal(chain.next('2', large), undefined)
  t.equal(chain.next('3', order(3)), undefined)
  t.equal(chain.next('4', order(4))?.base, '3')
  t.end()
})

test('what names a prototype is sent in full', (t) => {
  const chain = new DeltaChain(50)
  chain.next('1', order(1))
  t.equal(chain.next('2', order(2).replace('symbol', '__proto__')), undefined)
  t.end()
})

test('after a reset the next one is full', (t) => {
  const chain = new DeltaChain(50)
  chain.next('1', order(1))
  chain.reset()
  t.equal(chain.next('2', order(2)), undefined)
  t.end()
})
