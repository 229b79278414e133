import { test } from 'tap'
import { checkOptionNames, checkPluginOptionNames } from '../src/index.ts'

interface Options { readonly interval?: number, readonly timeout?: number, readonly maxPerAddress?: number }

const known = { interval: 1, timeout: 2, maxPerAddress: 3 }

function told (options: object): string {
  try {
    checkOptionNames('heartbeat', options as Options, known)
    return 'nothing'
  } catch (error) {
    return (error as Error).message
  }
}

test('a known name passes, and one that is undefined counts as left out', (t) => {
  t.equal(told({ interval: 1, maxPerAddress: undefined, other: undefined }), 'nothing')
  t.end()
})

test('an unknown name is refused with all that are known', (t) => {
  t.equal(told({ interval: 1, colour: 1 }), 'heartbeat: there is no option "colour" (known: interval, timeout, maxPerAddress)')
  for (const name of ['__proto__', 'constructor', 'toString']) t.match(told(JSON.parse(`{"${name}":1}`) as object), `no option "${name}"`)
  t.throws(() => checkOptionNames('heartbeat', { colour: 1 } as Options, known), { name: 'OptionNameError', code: 'FRT_ERR_OPTION_NAME' })
  t.end()
})

test('the name that was probably meant is told, and no other', (t) => {
  const cases = {
    intervall: 'interval', intreval: 'interval', pingInterval: 'interval', INTERVAL: 'interval', timeOut: 'timeout', time: undefined,
    max_per_address: 'maxPerAddress', maxPerAdress: 'maxPerAddress', max: undefined
  }
  for (const [name, meant] of Object.entries(cases)) {
    t.equal(/did you mean "(.*)"\?/.exec(told({ [name]: 1 }))?.[1], meant, name)
  }
  t.end()
})

test('what is no object of options is refused', (t) => {
  t.match(told(['interval']), 'expected an object of options, got a list')
  t.match(told(true as never), 'got true')
  t.match(told(null as never), 'got null')
  t.end()
})

test('a plugin is handed what Fastify puts among its options, too', (t) => {
  checkPluginOptionNames('heartbeat', { prefix: '/a', logLevel: 'warn', logSerializers: {}, timeout: 1 } as Options, known)
  t.throws(() => checkPluginOptionNames('heartbeat', { prefx: '/a' } as Options, known), { message: /no option "prefx"/ })
  t.throws(() => checkOptionNames('heartbeat', { prefix: '/a' } as Options, known), { message: /no option "prefix"/ })
  t.end()
})
