import { WebSocket } from 'ws'

const [, , bundle, url, platform] = process.argv
const { connect } = await import(bundle)
const client = connect(url, platform === 'ws' ? { WebSocket } : {})
await client.ready()
process.stdout.write(client.state)
await client.close()
process.stdout.write(` ${client.state}\n`)
