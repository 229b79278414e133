import fc from 'fast-check'
import t from 'tap'
import { addressKey, isLoopback } from '../src/address.ts'

t.test('IPv4 counts by address, IPv6 by its /64, however it is written', async (t) => {
  t.equal(addressKey('192.0.2.1'), '192.0.2.1')
  t.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(addressKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(addressKey('2001:db8:1:2::9'), '2001:db8:1:2::/64')
  t.equal(addressKey('2001:0DB8:0001:0002::9'), '2001:db8:1:2::/64')
  t.equal(addressKey('2001:db8::9'), '2001:db8:0:0::/64')
  t.equal(addressKey('::'), '0:0:0:0::/64')
  t.equal(addressKey('1::'), '1:0:0:0::/64')
  t.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
  t.equal(addressKey('unix'), 'unix')
})

t.test('any two addresses of a /64 share a key, and no two networks do', async () => {
  const group = fc.integer({ min: 0x1, max: 0xffff }).map((n) => n.toString(16))
  const half = fc.tuple(group, group, group, group)
  fc.assert(fc.property(half, half, half, (network, a, b) =>
    addressKey([...network, ...a].join(':')) === addressKey([...network, ...b].join(':').toUpperCase())))
  fc.assert(fc.property(half, half, half, (one, other, host) => one.join() === other.join() ||
    addressKey([...one, ...host].join(':')) !== addressKey([...other, ...host].join(':'))))
})

t.test('loopback is told apart', async (t) => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) t.ok(isLoopback(address))
  for (const address of ['128.0.0.1', '::2', '10.0.0.1', '::ffff:10.0.0.1']) t.notOk(isLoopback(address))
})
