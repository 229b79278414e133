/** What the app's own function threw, fit for a log: libraries like to quote the token that they could not use. */
export function loggable (error: unknown, token = ''): unknown {
  if (!(error instanceof Error)) return { message: 'something was thrown that is no error' }
  const { name, code } = error as Error & { readonly code?: unknown }
  return { type: name, code, message: masked(error.message, token), stack: masked(String(error.stack), token) }
}

function masked (text: string, token: string): string {
  if (token === '') return text
  return [token, encodeURIComponent(token)].reduce((left, secret) => left.replaceAll(secret, 'redacted'), text)
}
