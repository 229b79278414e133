import { readFileSync } from 'node:fs'
import { until } from '@fastify-realtime/testing'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { resolveOptions } from '../src/options.ts'
import { realServer } from './real-server.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, code]) => code as string)

/** Runs an example with its imports and a few of its words replaced. */
async function runExample (code: string, replacements: Record<string, string>): Promise<void> {
  const imports = { '@fastify-realtime/client': new URL('../src/index.ts', import.meta.url).href, ws: import.meta.resolve('ws') }
  let program = code
  for (const [name, url] of Object.entries(imports)) program = program.replaceAll(`from '${name}'`, `from '${url}'`)
  for (const [word, other] of Object.entries(replacements)) program = program.replaceAll(word, other)
  await import(`data:text/javascript,${encodeURIComponent(program)}`)
}

test('the example for Node runs as it stands', async (t) => {
  const { app, url } = await realServer()
  t.teardown(() => app.close())
  const logged = t.capture(console, 'log')
  const done = runExample(examples[1] as string, { 'ws://localhost:3000/ws': url, 'process.env.TOKEN': "'ada'" })
  await until(() => app.broadcast.topics().some(({ topic }) => topic === 'room:lobby'))
  for (const text of ['hello', 'bye']) await app.broadcast.publish('room:lobby', 'chat.message', { text })
  await done
  t.same(logged().map(({ args }) => args), [['chat.message', { text: 'hello' }], ['chat.message', { text: 'bye' }]])
})

test('the example for browsers runs as it stands', async (t) => {
  const { app, url } = await realServer()
  const scope = { WebSocket: (globalThis as { WebSocket?: unknown }).WebSocket, localStorage: undefined, document: undefined, location: undefined }
  const left: string[] = []
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: { getItem: () => 'ada' } })
  Object.assign(globalThis, {
    WebSocket,
    document: { title: '', addEventListener: (name: string) => left.push(name), removeEventListener: (name: string) => left.splice(left.indexOf(name), 1) },
    location: { href: url.replace('/ws', '/page') }
  })
  t.teardown(async () => {
    await app.close()
    for (const [name, value] of Object.entries(scope)) {
      if (value === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.assign(globalThis, { [name]: value })
    }
  })
  const logged = t.capture(console, 'log')
  await runExample(`${examples[0]}\nawait client.close()`, {})
  t.match(logged().map(({ args }) => args), [['sent', String]])
  t.equal((globalThis as unknown as { document: { title: string } }).document.title, 'closed')
  t.same(left, [], 'no listener is left behind')
})

test('every option and its default is in the table', (t) => {
  for (const [name, value] of Object.entries(resolveOptions('ws://a', { WebSocket }))) {
    if (name === 'url') continue
    t.match(readme, new RegExp(`^\\| .*\`${name}\`.* \\|`, 'm'), name)
    if (typeof value === 'number') t.match(readme, `\`${value < 1_000 ? value : value.toLocaleString('en').replaceAll(',', '_')}\``, name)
  }
  t.end()
})
