import { connect } from '@fastify-realtime/client'
import { WebSocket } from 'ws'

const client = connect(process.argv[2], process.argv[3] === 'ws' ? { WebSocket } : {})
await client.ready()
process.stdout.write(client.state)
await client.close()
process.stdout.write(` ${client.state}\n`)
