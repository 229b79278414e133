import t from 'tap'
import { natsBroker } from '../src/index.ts'
import type { NatsConnection } from '../src/index.ts'
import { idle } from './fake-connection.ts'

const connection = idle()
const error = { code: 'FRT_ERR_BROKER_OPTION' }

void t.test('options that cannot work are refused', async (t) => {
  for (const prefix of ['', 'a.b', 'a*', 'a b', 'x'.repeat(33), 7 as unknown as string]) {
    t.throws(() => natsBroker({ connection, prefix }), { ...error, message: /"prefix"/ })
  }
  for (const inboxPrefix of ['', '.', 'a.', 'a.*', 'a>', 'a b', 7 as unknown as string]) {
    t.throws(() => natsBroker({ connection, inboxPrefix }), { ...error, message: /"inboxPrefix"/ })
  }
  for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
    for (const name of ['timeout', 'maxHistory', 'maxBytes', 'dedupeWindow', 'positionTtl', 'recordTtl', 'replicas']) {
      t.throws(() => natsBroker({ connection, [name]: wrong }), { ...error, message: new RegExp(`"${name}"`) })
    }
  }
  t.throws(() => natsBroker({ connection, dedupeWindow: 2_000, positionTtl: 1_000 }), { ...error, message: /"positionTtl" must be at least dedupeWindow/ })
})

void t.test('what is left out, or undefined, has its default; off is false', async (t) => {
  const options = { connection, prefix: undefined, maxBytes: false, inboxPrefix: '_INBOX.app' } as unknown as { connection: NatsConnection }
  t.equal(natsBroker(options).name, 'nats')
})

void t.test('something that is no connection is refused', async (t) => {
  for (const wrong of [undefined, null, 'nats://', {}, { publish () {} }]) {
    t.throws(() => natsBroker({ connection: wrong as unknown as NatsConnection }), { ...error, message: /"connection"/ })
  }
})
