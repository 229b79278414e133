import t from 'tap'
import { readConfig } from '../src/config.ts'

t.test('nothing set means one node on loopback with secrets of its own', async (t) => {
  const config = readConfig({})
  t.match(config, { host: '127.0.0.1', port: 3000, login: 'roles', origins: undefined, trustProxy: false })
  t.ok(config.jwtSecret.length >= 32)
  t.not(config.jwtSecret, readConfig({}).jwtSecret)
})

t.test('a cluster needs shared secrets', async (t) => {
  const REDIS_URL = 'redis://127.0.0.1:6379'
  t.throws(() => readConfig({ REDIS_URL }), /JWT_SECRET/)
  t.throws(() => readConfig({ REDIS_URL, JWT_SECRET: 's'.repeat(32) }), /API_KEY/)
  t.equal(readConfig({ REDIS_URL, JWT_SECRET: 's'.repeat(32), API_KEY: 'k'.repeat(16) }).redisUrl, REDIS_URL)
  const NATS_URL = 'nats://127.0.0.1:4222'
  t.throws(() => readConfig({ NATS_URL }), /JWT_SECRET .*unset NATS_URL/)
  t.equal(readConfig({ NATS_URL, JWT_SECRET: 's'.repeat(32), API_KEY: 'k'.repeat(16) }).natsUrl, NATS_URL)
  t.throws(() => readConfig({ NATS_URL, REDIS_URL }), /both set/)
})

t.test('roles are for loopback, unless the login is open', async (t) => {
  t.equal(readConfig({ HOST: '0.0.0.0' }).login, 'names')
  t.equal(readConfig({ HOST: '0.0.0.0', PLAYGROUND_LOGIN: 'open' }).login, 'roles')
  t.equal(readConfig({ HOST: 'localhost' }).login, 'roles')
  t.equal(readConfig({ PLAYGROUND_LOGIN: 'off' }).login, 'off')
})

t.test('what is wrong is named', async (t) => {
  t.throws(() => readConfig({ PORT: 'http' }), /PORT/)
  t.throws(() => readConfig({ JWT_SECRET: 'short' }), /JWT_SECRET/)
  t.throws(() => readConfig({ LOG_LEVEL: 'loud' }), /LOG_LEVEL/)
  t.same(readConfig({ ALLOWED_ORIGINS: 'https://a.example, https://b.example' }).origins, ['https://a.example', 'https://b.example'])
})
