import { $, actionForm, addLine, onSubmit } from './dom.js'

const typingFor = 2_000

/** The room that one is in: who is there, who types, what is said. */
export function showRoom (client, principal) {
  let room = enter('lobby')

  onSubmit(actionForm('join'), async ({ room: name }) => {
    room.leave()
    room = enter(name)
  })

  onSubmit(actionForm('chat'), async ({ text }, form) => {
    await client.request('chat.send', { room: room.name, text })
    form.reset()
  })

  let told = 0
  actionForm('chat').addEventListener('input', () => {
    if (Date.now() - told < typingFor / 2) return
    told = Date.now()
    client.send('chat.typing', { room: room.name }, { offline: 'fail' })
  })

  function enter (name) {
    const messages = $('#messages')
    messages.replaceChildren()
    $('#members').textContent = '–'
    $('#room-title').textContent = `Room ${name}`

    const chat = client.subscribe(`room:${name}`)
    chat.onEvent('chat.message', ({ from, text }) => addLine(messages, from, text))
    chat.on('recovered', (recovered) => {
      if (!recovered) addLine(messages, '…', 'some messages are missing here')
    })
    const presence = chat.presence()
    presence.on('change', () => {
      $('#members').textContent = presence.listed ? [...presence.members.keys()].join(', ') : `${presence.count} people`
    })
    const typing = client.subscribe(`typing:${name}`)
    typing.onEvent('chat.typing', ({ from }) => showTyping(from))

    return {
      name,
      leave () {
        chat.unsubscribe()
        typing.unsubscribe()
        presence.stop()
      }
    }
  }

  let quiet
  function showTyping (name) {
    if (name === principal.id) return
    $('#typing').textContent = `${name} is typing`
    clearTimeout(quiet)
    quiet = setTimeout(() => { $('#typing').textContent = '' }, typingFor)
  }
}
