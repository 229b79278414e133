import { msgpackCodecWith } from '@fastify-realtime/protocol/msgpack'
import type { ClientCodec } from './json.ts'

/**
 * MessagePack instead of JSON: `connect(url, { codec: msgpackCodec })`. Needs the package `@msgpack/msgpack`. Like the
 * client's JSON it has wider limits than a server's: a reply may hold 300 publications.
 */
export const msgpackCodec: ClientCodec = /* @__PURE__ */ msgpackCodecWith({ maxDepth: 1_000, maxKeys: 2 ** 31 - 1 })
