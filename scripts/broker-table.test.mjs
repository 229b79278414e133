import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'node:test'

test('docs/brokers.md says what the conformance suite prints', async () => {
  await promisify(execFile)(process.execPath, [new URL('broker-table.mjs', import.meta.url).pathname, '--check'])
})
