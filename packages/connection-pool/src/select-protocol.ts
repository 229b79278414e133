import { isBearerProtocol } from '@fastify-realtime/protocol'
import type { EndpointSettings } from './endpoint.ts'

/**
 * The subprotocol to select: `''` when none was offered, or none but credentials where anything goes; `undefined`
 * when something was offered and the endpoint takes none of it. A credential is never selected, so it never comes back.
 */
export function selectProtocol (header: string | undefined, { protocols }: Pick<EndpointSettings, 'protocols'>, preferred: readonly string[]): string | undefined {
  if (header === undefined) return ''
  const offered = header.split(',').map((name) => name.trim()).filter((name) => !isBearerProtocol(name))
  const wanted = (protocols ?? preferred).find((name) => offered.includes(name))
  if (wanted !== undefined) return wanted
  return protocols === null ? offered[0] ?? '' : undefined
}
