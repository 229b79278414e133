import fc from 'fast-check'
import { test } from 'tap'
import { applyDelta } from '../src/delta.ts'

test('the operations of RFC 6902', (t) => {
  const cases: ReadonlyArray<[unknown, unknown, unknown]> = [
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    [{ a: 1 }, [{ op: 'add', path: '', value: 2 }], 2],
    [[1, 2], [{ op: 'add', path: '/1', value: 9 }], [1, 9, 2]],
    [[1, 2], [{ op: 'add', path: '/-', value: 3 }], [1, 2, 3]],
    [{ a: [1, { b: 2 }] }, [{ op: 'replace', path: '/a/1/b', value: 3 }], { a: [1, { b: 3 }] }],
    [{ a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [[1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    [{ a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
    [{ a: { c: 1 } }, [{ op: 'move', from: '/a/c', path: '/b' }], { a: {}, b: 1 }],
    [{ 'x/y': 1, 'm~n': 2 }, [{ op: 'replace', path: '/x~1y', value: 3 }, { op: 'remove', path: '/m~0n' }], { 'x/y': 3 }],
    [{}, [{ op: 'add', path: '/__proto__', value: 1 }], JSON.parse('{"__proto__":1}')]
  ]
  for (const [data, patch, result] of cases) {
    const before = JSON.stringify(data)
    t.equal(JSON.stringify(applyDelta(data, patch)), JSON.stringify(result), JSON.stringify(patch))
    t.equal(JSON.stringify(data), before, 'the old data is left alone')
  }
  t.end()
})

test('a patch that does not fit throws', (t) => {
  for (const operation of [
    { op: 'replace', path: '/b', value: 1 }, { op: 'remove', path: '/b' }, { op: 'replace', path: '/b/c', value: 1 },
    { op: 'copy', path: '/c' , from: '/b' }, { op: 'test', path: '/a', value: 1 }, { op: 'copy', path: '/c', from: '/__proto__/x' }
  ]) t.throws(() => applyDelta({ a: 1 }, [operation]), TypeError, operation.op)
  t.throws(() => applyDelta({}, 7), TypeError)
  t.end()
})

test('what is not touched is shared', (t) => {
  const data = { kept: { deep: true }, changed: { n: 1 } }
  const result = applyDelta(data, [{ op: 'replace', path: '/changed/n', value: 2 }]) as typeof data
  t.equal(result.kept, data.kept)
  t.equal(data.changed.n, 1)
  t.end()
})

test('replacing any value anywhere leaves the rest as it was', (t) => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), fc.nat(), (data, value, which) => {
    const names = Object.keys(data)
    const name = names[which % names.length] as string
    const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const result = applyDelta(data, [{ op: 'replace', path, value }]) as Record<string, unknown>
    return Object.is(result[name], value) && names.every((other) => other === name || Object.is(result[other], data[other]))
  }))
  t.end()
})
