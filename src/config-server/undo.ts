// What undoes a commit, as the store keeps it for each: the tree as it was, where it changed, and the records of the
// softwires as they were. A tree is small beside what a table can be; it is kept whole, so that going back over many
// commits reads one of them.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Change } from '../dataplane/dataplane.js'
import type { JsonObject } from '../schema/json-types.js'

export interface Undo {
  /** The tree before the commit; undefined where the commit left it alone. */
  readonly tree: JsonObject | undefined
  /** See SoftwireChange.undo. */
  readonly softwires: Change['softwires']
}

// 1 byte of flags, 4 bytes length of the JSON that follows (little endian), JSON, records.
const WHOLE = 1
const DEFLATED = 2
const SOFTWIRES = 4

/** From as many bytes on records are worth the time of compressing: a table shrinks to a fifth or less. */
const LARGE = 65536

export function encodeUndo({ tree, softwires }: Undo): Buffer {
  const json = Buffer.from(tree ? JSON.stringify(tree) : '')
  const whole = softwires !== undefined && 'replace' in softwires
  const records = softwires ? ('replace' in softwires ? softwires.replace : softwires.edits) : Buffer.alloc(0)
  const deflated = records.length >= LARGE
  const head = Buffer.alloc(HEAD)
  head[0] = (softwires ? SOFTWIRES : 0) | (whole ? WHOLE : 0) | (deflated ? DEFLATED : 0)
  head.writeUInt32LE(json.length, 1)
  return Buffer.concat([head, json, deflated ? deflateRawSync(records, { level: 1 }) : records])
}

export function decodeUndo(bytes: Buffer): Undo {
  const flags = bytes[0] ?? 0
  const behind = HEAD + bytes.readUInt32LE(1)
  const json = bytes.toString('utf8', HEAD, behind)
  const packed = bytes.subarray(behind)
  const records = flags & DEFLATED ? inflateRawSync(packed) : Buffer.from(packed)
  const softwires = flags & WHOLE ? { replace: records } : { edits: records }
  return {
    tree: json === '' ? undefined : (JSON.parse(json) as JsonObject),
    softwires: flags & SOFTWIRES ? softwires : undefined,
  }
}

const HEAD = 5
