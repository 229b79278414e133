import { createECDH, createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** Only for the bench: made of a word, so that the process that signs and the one that verifies have the same. */
const pair = createECDH('prime256v1')
pair.setPrivateKey(createHash('sha256').update('only for the bench').digest())
const [d, point] = [pair.getPrivateKey(), pair.getPublicKey()]
const text = (bytes) => bytes.toString('base64url')
const key = createPrivateKey({
  key: { kty: 'EC', crv: 'P-256', d: text(d), x: text(point.subarray(1, 33)), y: text(point.subarray(33)) }, format: 'jwk'
})

export const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' })

const encode = (value) => text(Buffer.from(JSON.stringify(value)))
const head = encode({ alg: 'ES256', typ: 'JWT' })

/** As `token`, signed with a key of which the server has only the public half. */
export function tokenES256 (sub) {
  const iat = Math.floor(Date.now() / 1_000)
  const body = `${head}.${encode({ sub, iat, exp: iat + 3_600 })}`
  return `${body}.${text(sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }))}`
}
