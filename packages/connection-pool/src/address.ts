import { isIPv6 } from 'node:net'

const MAPPED = '::ffff:'

/** Who shares a limit: an IPv4 address, or the /64 that one IPv6 customer is given. */
export function addressKey (address: string): string {
  const plain = unmapped(address)
  return isIPv6(plain) ? prefix64(plain) : plain
}

export function isLoopback (address: string): boolean {
  const plain = unmapped(address)
  return plain === '::1' || plain.startsWith('127.')
}

/** An IPv4 peer of a dual-stack socket looks like `::ffff:192.0.2.1`. */
function unmapped (address: string): string {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
}

/** The first four groups, written out, so that every spelling of one network gives the same key. */
function prefix64 (address: string): string {
  const [left = '', right] = (address.split('%')[0] as string).split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  const groups = [...head, ...Array<string>(Math.max(0, zeros)).fill('0'), ...tail]
  return `${groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
