/** Makes the new data from the old and a patch. MUST NOT change the old. */
export type ApplyDelta = (data: unknown, patch: unknown) => unknown

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

type Container = Record<string, unknown> | unknown[]

/**
 * Applies an RFC 6902 JSON Patch. What it changes is copied, the rest is shared with the old data.
 * @throws {TypeError} when the patch does not fit.
 */
export function applyDelta (data: unknown, patch: unknown): unknown {
  let result = data
  for (const operation of patch as readonly Operation[]) result = apply(result, operation)
  return result
}

function apply (data: unknown, { op, path, from = '', value }: Operation): unknown {
  switch (op) {
    case 'add': return change(data, keys(path), (container, key) => insert(container, key, value), value)
    case 'replace': return change(data, keys(path), (container, key) => { assign(container, known(container, key), value) }, value)
    case 'remove': return change(data, keys(path), remove)
    case 'copy': return apply(data, { op: 'add', path, value: read(data, from) })
    case 'move': return apply(apply(data, { op: 'remove', path: from }), { op: 'add', path, value: read(data, from) })
    default: throw new TypeError('Expected a JSON Patch of add, replace, remove, copy and move.')
  }
}

/** RFC 6901: `~1` is a slash and `~0` a tilde. */
function keys (path: string): string[] {
  return path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read (data: unknown, path: string): unknown {
  let value = data
  for (const key of keys(path)) value = (value as Record<string, unknown>)[known(value as Container, key)]
  return value
}

/** Copies the way down to the last key and lets `edit` change the last copy; an empty path means the whole. */
function change (data: unknown, [key, ...rest]: string[], edit: (container: Container, key: string) => void, whole?: unknown): unknown {
  if (key === undefined) return whole
  const copy: Container = Array.isArray(data) ? [...data as unknown[]] : { ...data as object }
  if (rest.length === 0) edit(copy, key)
  else assign(copy, known(copy, key), change((copy as Record<string, unknown>)[key], rest, edit, whole))
  return copy
}

function insert (container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) assign(container, key, value)
  else container.splice(key === '-' ? container.length : Number(key), 0, value)
}

function remove (container: Container, key: string): void {
  known(container, key)
  if (Array.isArray(container)) container.splice(Number(key), 1)
  else delete container[key]
}

/** Defines instead of assigning, so that no key reaches a prototype. */
function assign (container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
}

function known (container: Container, key: string): string {
  if (!Object.hasOwn(container, key)) throw new TypeError('Expected a JSON Patch that fits the data.')
  return key
}
