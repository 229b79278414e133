/** UTF-8 bytes of a text, without encoding it; a lone surrogate counts as its replacement character, 3 bytes. */
export function byteLength (text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) bytes += unitBytes(text, at)
  return bytes
}

/** Bytes that the UTF-16 unit at `at` adds; a surrogate pair's four bytes are counted two and two. */
function unitBytes (text: string, at: number): number {
  const unit = text.charCodeAt(at)
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  if (unit < 0xd800 || unit > 0xdfff) return 3
  return isPaired(text, at, unit) ? 2 : 3
}

function isPaired (text: string, at: number, unit: number): boolean {
  const other = text.charCodeAt(unit < 0xdc00 ? at + 1 : at - 1)
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff
}

/** The longest beginning of `text` that fits in `limit` bytes of UTF-8 and ends with a whole character. */
export function cutToBytes (text: string, limit: number): string {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    bytes += unitBytes(text, at)
    if (bytes <= limit) continue
    const unit = text.charCodeAt(at)
    const halved = unit >= 0xdc00 && unit <= 0xdfff && isPaired(text, at, unit)
    return text.slice(0, halved ? at - 1 : at)
  }
  return text
}
