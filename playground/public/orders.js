import { call } from './api.js'
import { $, actionForm, addLine, onSubmit } from './dom.js'

/** An order goes over HTTP; what becomes of it comes back live. */
export function showOrders (client, token) {
  client.user.onEvent('order.created', ({ id, item, quantity }) => addLine($('#notifications'), `${quantity} × ${item}`, `order ${id.slice(0, 8)} is placed`))

  onSubmit(actionForm('order'), ({ item, quantity }) => call('POST', '/orders', { item, quantity: Number(quantity) }, token))
}
