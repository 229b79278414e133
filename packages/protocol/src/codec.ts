import type { Envelope, PublicationHead } from './envelope.ts'

/** Text for a text frame, bytes for a binary frame. */
export type Encoded = string | Uint8Array

/** Envelope ⇄ frame payload, one per subprotocol. Pure: it knows no socket. */
export interface Codec {
  /** The WebSocket subprotocol that selects this codec, such as `realtime.v1.json`. */
  readonly subprotocol: string
  /** Whether frames are binary. A frame of the other kind is a protocol violation (close 4500). */
  readonly binary: boolean
  encode (envelope: Envelope): Encoded
  /**
   * A publication around data that is encoded already: a string is JSON text, bytes are MessagePack.
   * Payload of the codec's own kind is spliced in, never parsed.
   */
  encodePublication (head: PublicationHead, payload: Encoded): Encoded
  /** A reply around data that is encoded already, spliced in as above. */
  encodeReply (id: string, payload: Encoded): Encoded
  /** @throws {DecodeError} with a message that is safe to send back, when the frame breaks the grammar or a limit. */
  decode (frame: Encoded): unknown
}
