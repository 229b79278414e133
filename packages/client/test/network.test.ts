import { test } from 'tap'
import type { Test } from 'tap'
import { harness, tick } from './harness.ts'
import type { Harness } from './harness.ts'

interface Page {
  readonly scope: EventTarget
  readonly document: EventTarget & { visibilityState: string }
}

/** Makes this process look like a page. */
function page (t: Test): Page {
  const scope = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  const fakes = {
    addEventListener: scope.addEventListener.bind(scope),
    removeEventListener: scope.removeEventListener.bind(scope),
    document
  }
  Object.assign(globalThis, fakes)
  t.teardown(() => { for (const name of Object.keys(fakes)) Reflect.deleteProperty(globalThis, name) })
  return { scope, document }
}

async function waiting (): Promise<Harness> {
  const made = harness()
  const socket = await made.welcome()
  socket.drop(1006)
  return made
}

test('online tries at once', async (t) => {
  const { scope } = page(t)
  const made = await waiting()
  scope.dispatchEvent(new Event('online'))
  t.equal(made.client.state, 'connecting')
  scope.dispatchEvent(new Event('online'))
  await tick()
  t.equal(made.sockets.length, 2, 'once')
  void made.client.close()
})

test('a page that is seen again tries at once', async (t) => {
  const { document } = page(t)
  const made = await waiting()
  document.dispatchEvent(new Event('visibilitychange'))
  t.equal(made.client.state, 'waiting', 'hidden')
  document.visibilityState = 'visible'
  document.dispatchEvent(new Event('visibilitychange'))
  t.equal(made.client.state, 'connecting')
  void made.client.close()
})

test('but not before the server wants it', async (t) => {
  const { scope } = page(t)
  const made = harness()
  const socket = await made.welcome()
  socket.drop(1012, 'restarting; retry-after=5000')
  scope.dispatchEvent(new Event('online'))
  t.equal(made.client.state, 'waiting')
  made.clock.advance(5_000)
  scope.dispatchEvent(new Event('online'))
  t.equal(made.client.state, 'connecting')
  void made.client.close()
})

test('offline gives the connection up', async (t) => {
  const { scope } = page(t)
  const made = harness()
  const socket = await made.welcome()
  scope.dispatchEvent(new Event('offline'))
  t.equal(made.client.state, 'waiting')
  t.same(socket.closed, { code: 4000, reason: '' })
  scope.dispatchEvent(new Event('offline'))
  t.same(made.events, ['open', 'waiting'])
  void made.client.close()
})

test('waking looks after the server of an open connection', async (t) => {
  const { scope } = page(t)
  const made = harness()
  await made.welcome({ heartbeat: 1_000 })
  scope.dispatchEvent(new Event('online'))
  t.equal(made.client.state, 'open')
  t.equal(made.clock.pending, 1)
  void made.client.close()
})

test('a closed client follows nothing any more', async (t) => {
  const { scope } = page(t)
  const made = await waiting()
  void made.client.close()
  scope.dispatchEvent(new Event('online'))
  t.equal(made.client.state, 'closed')
})
