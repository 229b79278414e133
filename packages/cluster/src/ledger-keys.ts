/** Milliseconds that a node's ledger outlives it: as long a whole cluster may be away and still learn who was connected. */
export const LIFETIME = 3_600_000

const CREW = 'cluster:ledger:'

/** Prefix under which every node that keeps a ledger is found. */
export const crewPrefix: string = CREW

export function crewKey (node: string): string {
  return CREW + node
}

export function connectionPrefix (node: string): string {
  return `cluster:connection:${node}:`
}

export function connectionKey (node: string, id: string): string {
  return connectionPrefix(node) + id
}

/** Whoever writes it first tells the end of the node's connections. */
export function claimKey (node: string): string {
  return `cluster:claim:${node}`
}
