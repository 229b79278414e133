import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'tap'
import { freePort } from '../src/index.ts'
import type * as FreePort from '../src/free-port.ts'

test('a free port lies below those of outgoing connections, and its bus port too', async (t) => {
  for (let n = 0; n < 50; n++) {
    const port = await freePort()
    t.ok(port >= 10_240 && port + 10_000 < 32_768, String(port))
  }
})

for (const distance of [0, 10_000]) {
  test(`a port is passed over when somebody listens ${distance} above it`, async (t) => {
    const wanted = await freePort()
    const server = createServer().listen(wanted + distance, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const drawn = [wanted, await freePort()]
    const { freePort: draws } = await t.mockImport<typeof FreePort>('../src/free-port.ts', {
      'node:crypto': { randomInt: () => drawn.shift() }
    })
    t.not(await draws(), wanted)
    t.same(drawn, [], 'it drew twice')
  })
}

test('what is wrong with the system is not taken for a port in use', async (t) => {
  const failing = (): EventEmitter => {
    const server = new EventEmitter()
    process.nextTick(() => server.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' })))
    return Object.assign(server, { listen: () => server })
  }
  const { freePort: draws } = await t.mockImport<typeof FreePort>('../src/free-port.ts', { 'node:net': { createServer: failing } })
  await t.rejects(draws(), { code: 'EMFILE' })
})
