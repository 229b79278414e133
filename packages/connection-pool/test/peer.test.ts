import t from 'tap'
import { isForwardedInVain, peerOf } from '../src/peer.ts'

t.test('a peer has limits unless it is loopback itself', async (t) => {
  t.same(peerOf({ ip: '192.0.2.1' }), { address: '192.0.2.1', key: '192.0.2.1' })
  t.same(peerOf({ ip: '127.0.0.1' }), { address: '127.0.0.1', key: null })
  t.same(peerOf({ ip: '127.0.0.1', ips: ['127.0.0.1'] }).key, null, 'trusted, and nothing forwarded')
  t.equal(peerOf({ ip: '127.0.0.1', ips: ['127.0.0.1', '127.0.0.1'] }).key, '127.0.0.1', 'a forwarded loopback is a claim')
  t.same(peerOf({ ip: undefined as unknown as string }), { address: '', key: null }, 'no socket, no address')
})

t.test('a forwarded header that nobody reads is noticed', async (t) => {
  t.ok(isForwardedInVain({ headers: { 'x-forwarded-for': '192.0.2.1' } }))
  t.ok(isForwardedInVain({ headers: { forwarded: 'for=192.0.2.1' } }))
  t.notOk(isForwardedInVain({ headers: {} }))
  t.ok(isForwardedInVain({ headers: { 'x-forwarded-for': '192.0.2.1' }, ips: ['127.0.0.1'] }), 'trustProxy does not trust the proxy')
  t.notOk(isForwardedInVain({ headers: { 'x-forwarded-for': '192.0.2.1' }, ips: ['127.0.0.1', '192.0.2.1'] }))
})
