import type { Codec, Envelope } from '@fastify-realtime/protocol'

/** What a client needs of a codec; those of the protocol have it. */
export type ClientCodec = Pick<Codec, 'subprotocol' | 'encode' | 'decode'>

/**
 * Text frames of JSON. Without the limits that a server sets for what clients send: a reply may hold 300 publications of
 * any depth, and refusing one of them would only make the client ask for it again.
 */
export const json: ClientCodec = {
  subprotocol: 'realtime.v1.json',
  encode: (envelope: Envelope) => JSON.stringify(envelope),
  decode: (frame) => JSON.parse(frame as string) as unknown
}
