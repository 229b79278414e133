/**
 * A frame from a client, masked with a key of zeros, which changes nothing and costs nothing (RFC 6455 section 5.3 wants
 * a key that nobody can guess, for the sake of proxies; there are none here).
 */
export function clientFrame (payload, opcode = 1) {
  const body = Buffer.from(payload)
  const wide = body.length > 125
  const frame = Buffer.alloc((wide ? 8 : 6) + body.length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (wide ? 126 : body.length)
  if (wide) frame.writeUInt16BE(body.length, 2)
  body.copy(frame, wide ? 8 : 6)
  return frame
}
