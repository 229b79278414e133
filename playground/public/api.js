/** Calls the playground's HTTP side as JSON; rejects with the server's words. */
export async function call (method, path, body, token) {
  const headers = {}
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  const response = await fetch(path, { method, headers, ...body === undefined ? {} : { body: JSON.stringify(body) } })
  const text = await response.text()
  const answer = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new Error(answer?.message ?? response.statusText)
  return answer
}
