import { test } from 'tap'
import { bundleSize } from './bundle-size.mjs'

test('the client with protocol and JSON codec is under 6 KB gzipped', async (t) => {
  const { gzipped } = await bundleSize()
  t.ok(gzipped < 6 * 1_024, `${gzipped} bytes`)
})
