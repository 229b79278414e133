import t from 'tap'
import { isOrigin, originCheck } from '../src/origins.ts'

const listed = originCheck(new Set(['https://app.example.com', 'https://[2001:db8::1]:8443', 'capacitor://localhost']))
const parts = { host: 'api.example.com', protocol: 'https' }

for (const [why, origin, allowed] of [
  ['exact', 'https://app.example.com', true],
  ['IPv6 with port', 'https://[2001:db8::1]:8443', true],
  ['an app in a shell', 'capacitor://localhost', true],
  ['another port', 'https://app.example.com:8443', false],
  ['the default port, which no browser names', 'https://app.example.com:443', false],
  ['another scheme', 'http://app.example.com', false],
  ['null', 'null', false],
  ['a sub-domain', 'https://evil.app.example.com', false],
  ['the parent', 'https://example.com', false],
  ['a look-alike suffix', 'https://app.example.com.evil.com', false],
  ['a look-alike prefix', 'https://evil-app.example.com', false],
  ['upper case', 'https://APP.example.com', false],
  ['a trailing dot', 'https://app.example.com.', false],
  ['userinfo', 'https://app.example.com@evil.com', false],
  ['IPv6 of another', 'https://[2001:db8::2]:8443', false],
  ['two headers', 'https://app.example.com, https://app.example.com', false],
  ['a path', 'https://app.example.com/', false],
  ['nothing', '', false]
] as const) {
  void t.test(`from a list: ${why}`, async (t) => {
    t.equal(listed({ ...parts, origin }), allowed)
  })
}

const same = originCheck(undefined)

for (const [why, origin, host, protocol, allowed] of [
  ['the same', 'https://app.example.com', 'app.example.com', 'https', true],
  ['the same on a port', 'http://127.0.0.1:3000', '127.0.0.1:3000', 'http', true],
  ['the default port named by the host', 'https://app.example.com', 'app.example.com:443', 'https', true],
  ['IPv6', 'http://[::1]:3000', '[::1]:3000', 'http', true],
  ['TLS ended by a proxy', 'https://app.example.com', 'app.example.com', 'http', true],
  ['a plain page and a TLS server', 'http://app.example.com', 'app.example.com', 'https', false],
  ['another host', 'https://evil.com', 'app.example.com', 'https', false],
  ['another port', 'http://127.0.0.1:3001', '127.0.0.1:3000', 'http', false],
  ['null', 'null', 'null', 'http', false],
  ['upper case', 'https://APP.example.com', 'app.example.com', 'https', false],
  ['no host', 'https://app.example.com', undefined, 'https', false],
  ['a host that is none', 'https://app.example.com', 'a b', 'https', false],
  ['no origin at all', 'evil', 'evil', 'https', false]
] as const) {
  void t.test(`without a list: ${why}`, async (t) => {
    t.equal(same({ origin, host, protocol }), allowed)
  })
}

void t.test('an origin is what a browser would send', async (t) => {
  t.ok(isOrigin('https://app.example.com'))
  t.notOk(isOrigin('app.example.com'))
})
