import t from 'tap'
import { brokerConformance } from '@fastify-realtime/broker/conformance'
import { natsBroker } from '../src/index.ts'
import { Subjects } from '../src/subjects.ts'
import { missing, NatsServer } from './nats-server.ts'

void t.test('nats', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())
  const raw = await server.connect()
  let groups = 0
  brokerConformance((name, run) => t.test(name, run), {
    name: 'nats',
    async create () {
      const prefix = `g${++groups}`
      const connections = [await server.connect(), await server.connect(), await server.connect(), await server.connect()]
      const free = [...connections]
      return {
        node () {
          const connection = free.pop()
          if (connection === undefined) throw new Error('more nodes than connections')
          return natsBroker({ connection, prefix, maxBytes: 16_777_216 })
        },
        async end () {
          for (const connection of connections) await connection.close()
        },
        outage: {
          begin: () => server.kill(),
          end: () => server.up()
        },
        async inject (channel, topic, bytes) {
          raw.publish(new Subjects(prefix).deliver(channel, topic).replace('*', 'n'), bytes)
          await raw.flush()
        }
      }
    }
  }, { report: (table) => t.comment(table) })
})
