import { Buffer } from 'node:buffer'
import type { BrokerRecord } from './contract.ts'

/** What a record costs beside its payload; an estimate. */
const OVERHEAD = 256

/** The memory that a record holds, estimated. */
export function recordBytes (record: BrokerRecord): number {
  return Buffer.byteLength(record.payload) + OVERHEAD
}
