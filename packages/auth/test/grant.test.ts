import t from 'tap'
import { Grants, isPrincipal } from '../src/grant.ts'

const terms = { tokenId: 'a', issuedAt: 1, expiresAt: 2 }

void t.test('the principal is a fresh object that carries its terms', async (t) => {
  const grants = new Grants()
  const given = { id: 'ada', role: 'operator' }
  const principal = grants.admit({ principal: given, ...terms })
  t.not(principal, given)
  t.same(principal, given)
  t.same(grants.terms(principal), terms)
  t.equal(grants.terms(given), undefined)
})

void t.test('renewal changes fields and terms in place', async (t) => {
  const grants = new Grants()
  const given: { id: string, role: string } = { id: 'ada', role: 'operator' }
  const principal = grants.admit({ principal: given, ...terms })
  const fresh: { id: string, scope: string } = { id: 'ada', scope: 'read' }
  grants.renew(principal, { principal: fresh, ...terms, expiresAt: 9 })
  t.same(principal, { id: 'ada', scope: 'read' })
  t.equal(grants.terms(principal)?.expiresAt, 9)
})

void t.test('claims cannot change the prototype of a principal', async (t) => {
  const grants = new Grants()
  const principal = grants.admit({ principal: JSON.parse('{"id":"ada","__proto__":{"role":"operator"}}'), ...terms })
  t.equal((principal as { role?: string }).role, undefined)
  t.equal(Object.getPrototypeOf(principal), Object.prototype)
})

void t.test('a principal has an id that fits a topic', async (t) => {
  t.ok(isPrincipal({ id: 'ada' }))
  t.ok(isPrincipal({ id: 'x'.repeat(200) }))
  for (const value of [null, undefined, 'ada', {}, { id: 7 }, { id: '' }, { id: 'x'.repeat(201) }, { id: '\ud800' },
    { id: '€'.repeat(60) }]) t.notOk(isPrincipal(value))
})
