import { randomFillSync } from 'node:crypto'

/** 96 bits: nobody guesses the id of another connection, and no two nodes give the same one. */
const BYTES = 12

/** As many ids as one call to the generator pays for; a call for each took a twentieth of a handshake. */
const BATCH = 256

const pool = Buffer.allocUnsafeSlow(BYTES * BATCH)
let next = pool.length

export function connectionId (): string {
  if (next === pool.length) {
    randomFillSync(pool)
    next = 0
  }
  next += BYTES
  return pool.toString('base64url', next - BYTES, next)
}
