/** The child's side of `Child`: answers questions, and ends with its parent. */
export const settings = JSON.parse(process.argv[2])

export function tell (event, data = {}) {
  if (process.connected) process.send({ event, ...data }, () => {})
}

export function answer (handlers) {
  process.on('message', (question) => { void reply(handlers, question) })
  process.on('disconnect', () => process.exit(0))
}

async function reply (handlers, { id, what, data }) {
  try {
    const result = await handlers[what](data)
    if (process.connected) process.send({ id, result }, () => {})
  } catch (error) {
    if (process.connected) process.send({ id, error: error.stack }, () => {})
  }
}
