import { fileURLToPath } from 'node:url'
import { connect } from 'node:net'
import { once } from 'node:events'
import { test } from 'tap'
import { missing, RedisServer, whyMissing } from '../src/redis-server.ts'
import { until } from '../src/index.ts'

const standIn = fileURLToPath(new URL('fixtures/stand-in.mjs', import.meta.url))

/** A connection on which the server's answers are counted. */
async function talk (port: number): Promise<{ ask (): void, answers (): number, ended (): boolean }> {
  const socket = connect(port, '127.0.0.1')
  let answers = 0
  socket.on('error', () => {})
  socket.on('data', (data) => { answers += data.toString().split('+PONG').length - 1 })
  await once(socket, 'connect')
  return { ask: () => { socket.write('PING\r\n') }, answers: () => answers, ended: () => socket.closed }
}

for (const [name, options, skip] of [['a stand-in', { command: standIn }, false], ['redis-server', {}, missing]] as const) {
  test(`${name} starts, is frozen, is killed and comes back on the same port`, { skip }, async (t) => {
    const server = await RedisServer.start(options)
    t.teardown(() => server.end())
    t.equal(server.url, `redis://127.0.0.1:${server.port}`)

    const peer = await talk(server.port)
    server.freeze(true)
    peer.ask()
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.same([peer.answers(), peer.ended()], [0, false])
    server.freeze(false)
    await until(() => peer.answers() === 1)

    await server.kill()
    await until(() => peer.ended())
    await server.kill()
    server.freeze(true)
    await server.up()
    const again = await talk(server.port)
    again.ask()
    await until(() => again.answers() === 1)
  })
}

test('a server that cannot be started, ends at once or says nothing is an error that names it', async (t) => {
  await t.rejects(RedisServer.start({ command: 'no-such-server' }), { message: /^no-such-server cannot be started/, cause: { code: 'ENOENT' } })
  await t.rejects(RedisServer.start({ command: standIn, settings: ['--broken'] }), { message: /ended before it answered$/ })
  await t.rejects(RedisServer.start({ command: standIn, settings: ['--mute'], patience: 100 }), { message: /did not answer within 100 ms$/ })
})

test('what is missing is said, and in CI it must fail instead', async (t) => {
  t.match(whyMissing('no-such-server', {}), /^no-such-server is not installed/)
  t.match(whyMissing('no-such-server', { CI: '' }), /is not installed/)
  t.equal(whyMissing(standIn, {}), false)
  t.equal(whyMissing('no-such-server', { CI: 'true' }), false)
})
