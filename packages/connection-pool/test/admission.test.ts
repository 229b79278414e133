import { fakeClock } from '@fastify-realtime/testing'
import t from 'tap'
import { AddressBook } from '../src/address-book.ts'
import { Admission } from '../src/admission.ts'
import type { AdmissionLimits } from '../src/admission.ts'

const limits: AdmissionLimits = { maxConnections: 10, maxPerAddress: 2, maxPerPrincipal: 3, perPrincipal: 'refuse', maxPendingHandshakes: 5 }
const load = { ready: true, open: 0, pending: 1 }
const peer = { address: '192.0.2.1', key: '192.0.2.1' }

function admission (change: Partial<AdmissionLimits> = {}) {
  const clock = fakeClock()
  const addresses = new AddressBook(clock, { burst: 3, perMillisecond: 0.001 })
  return { clock, addresses, admission: new Admission({ ...limits, ...change }, addresses) }
}

t.test('a node that drains, is full or busy answers 503', async (t) => {
  const { admission: gate } = admission()
  t.equal(gate.admit(peer, load), undefined)
  t.match(gate.admit(peer, { ...load, ready: false }), { reason: 'draining', statusCode: 503 })
  t.match(gate.admit(peer, { ...load, open: 10 }), { reason: 'full', statusCode: 503 })
  t.match(gate.admit(peer, { ...load, open: 8, pending: 3 }), { reason: 'full' }, 'what is being decided counts')
  t.match(gate.admit(peer, { ...load, pending: 6 }), { reason: 'handshakes', statusCode: 503 })
  t.equal(admission({ maxConnections: false }).admission.admit(peer, { ...load, open: 10 }), undefined)
})

t.test('an address has so many connections, and so many tries', async (t) => {
  const { admission: gate, addresses } = admission()
  addresses.acquire(peer.key)
  t.equal(gate.admit(peer, load), undefined)
  addresses.acquire(peer.key)
  t.match(gate.admit(peer, load), { reason: 'address', statusCode: 429 })
  t.equal(gate.admit({ ...peer, key: null }, load), undefined, 'loopback has no limits')
  const { admission: open, addresses: book } = admission({ maxPerAddress: false })
  for (let at = 0; at < 3; at++) {
    t.equal(open.admit(peer, load), undefined)
    book.acquire(peer.key)
  }
  t.match(open.admit(peer, load), { reason: 'rate', statusCode: 429, retryAfter: 2 })
})

t.test('a principal has so many, unless the oldest gives way', async (t) => {
  const { admission: gate } = admission()
  t.equal(gate.admitPrincipal(2, true), undefined)
  t.match(gate.admitPrincipal(3, true), { reason: 'principal', statusCode: 429 })
  t.match(gate.admitPrincipal(0, false), { reason: 'draining', statusCode: 503 })
  t.equal(admission({ perPrincipal: 'replace-oldest' }).admission.admitPrincipal(3, true), undefined)
  t.equal(admission({ maxPerPrincipal: false }).admission.admitPrincipal(3, true), undefined)
})
