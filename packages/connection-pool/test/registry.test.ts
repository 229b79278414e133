import fc from 'fast-check'
import t from 'tap'
import { Registry } from '../src/registry.ts'
import type { Registered } from '../src/registry.ts'

t.test('finds by id and by principal what was added and not deleted', async () => {
  const member = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), principal: fc.constantFrom(null, { id: 'ada' }, { id: 'bob' }),
    address: fc.constantFrom('1', '2'), route: fc.constantFrom('/x', '/y')
  })
  const filter = fc.record({
    id: fc.constantFrom('a', 'nobody'), principal: fc.constantFrom('ada', 'nobody'), address: fc.constantFrom('1'), route: fc.constantFrom('/x')
  }, { requiredKeys: [] })
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), member), { maxLength: 30 }), filter, (steps, wanted) => {
    const registry = new Registry<Registered>()
    const model = new Map<string, Registered>()
    for (const [adds, one] of steps) {
      const known = model.get(one.id)
      if (adds && known === undefined) {
        registry.add(one)
        model.set(one.id, one)
      } else if (!adds) {
        registry.delete(known ?? one)
        model.delete(one.id)
      }
    }
    const all = [...model.values()]
    const { id, principal, address, route } = wanted
    const found = Object.keys(wanted).length === 0
      ? []
      : all.filter((one) => (id === undefined || one.id === id) && (principal === undefined || one.principal?.id === principal) &&
        (address === undefined || one.address === address) && (route === undefined || one.route === route))
    const ofAda = all.filter((one) => one.principal?.id === 'ada')
    return registry.size === all.length && [...registry].every((one, at) => one === all[at]) &&
      registry.get('a') === model.get('a') && [...registry.ofPrincipal('ada')].every((one, at) => one === ofAda[at]) &&
      [...registry.ofPrincipal('ada')].length === ofAda.length && new Set(registry.matching(wanted)).size === found.length &&
      registry.matching(wanted).every((one) => found.includes(one))
  }), { numRuns: 500 })
})
