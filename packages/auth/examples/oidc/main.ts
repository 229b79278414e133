import { fakeIssuer } from './issuer.ts'
import { oidcServer } from './server.ts'

const client = { clientId: 'chat', clientSecret: 'not so secret' }
const issuer = await fakeIssuer({ ...client, subject: 'ada' })
const app = await oidcServer({ ...client, issuer: issuer.url })
const address = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`Open ${address}/login in a browser: it comes back as ada. The console of that page may then run
  new WebSocket('${address.replace('http', 'ws')}/ws').onmessage = ({ data }) => console.log(data)`)
