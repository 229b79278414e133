import { connect } from '@fastify-realtime/client'
import { call } from './api.js'
import { showDirectMessages } from './direct.js'
import { $, onClick, onSubmit } from './dom.js'
import { showOperator } from './operator.js'
import { showOrders } from './orders.js'
import { showPrices } from './prices.js'
import { showRoom } from './room.js'

onSubmit($('#login'), async ({ name, operator }) => {
  const { token, principal } = await call('POST', '/login', operator === 'on' ? { name, role: 'operator' } : { name })
  const client = connect('/ws', { token })
  showStatus(client)

  showRoom(client, principal)
  showDirectMessages(client, principal)
  showOrders(client, token)
  showPrices(client)
  if (principal.role === 'operator') showOperator(client, token)
  $('#login').hidden = true
  $('main').hidden = false

  $('#logout').hidden = false
  onClick($('#logout'), async () => {
    await call('POST', '/logout', undefined, token)
    await client.close()
    location.reload()
  })
})

function showStatus (client) {
  const status = $('#status')
  client.on('state', (state) => {
    status.dataset.state = state
    status.textContent = state === 'open' ? `connected as ${client.welcome.principal}` : state
  })
}
