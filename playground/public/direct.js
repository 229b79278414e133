import { $, actionForm, addLine, onSubmit } from './dom.js'

/** Messages to one person, on whatever devices they are. */
export function showDirectMessages (client, principal) {
  const directs = $('#directs')
  client.user.onEvent('chat.direct', ({ from, text }) => addLine(directs, from, text))

  onSubmit(actionForm('direct'), async ({ to, text }, form) => {
    await client.request('chat.direct', { to, text })
    if (to !== principal.id) addLine(directs, `to ${to}`, text)
    form.elements.text.value = ''
  })
}
