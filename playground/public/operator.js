import { call } from './api.js'
import { $, actionForm, addLine, onClick, onSubmit } from './dom.js'

/** Every connection of every node, and every order. */
export function showOperator (client, token) {
  $('#operator').hidden = false
  client.subscribe('orders').onEvent('order.created', ({ customer, item, quantity }) => addLine($('#all-orders'), customer, `${quantity} × ${item}`))

  const refresh = async () => {
    const { connections } = await call('GET', '/connections', undefined, token)
    $('#connections').replaceChildren(...connections.map(row))
  }
  onSubmit(actionForm('refresh'), refresh)
  client.ready().then(refresh).catch(() => {})

  function row ({ id, principal, address }) {
    const line = document.createElement('tr')
    for (const text of [principal ?? 'anonymous', id, address]) line.insertCell().textContent = text
    const end = document.createElement('button')
    end.textContent = 'End'
    onClick(end, async () => {
      await call('DELETE', `/connections/${encodeURIComponent(id)}`, undefined, token)
      line.remove()
    })
    line.insertCell().append(end)
    return line
  }
}
