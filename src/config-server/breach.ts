// A broken rule across softwires as an operator reads it: the entries by their keys.
import type { NativeBindingTable, RuleBreach } from '../dataplane/native.js'
import { error, type LwaftrError } from '../errors.js'
import type { JsonObject } from '../schema/json-types.js'
import { formatInstanceIdentifier } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { decodeSoftwire, recordSize } from '../schema/softwire-record.js'
import { softwirePath } from './place.js'
import { keyAt } from './softwire-scan.js'

/** `table` is what the records were checked against; none when they were to fill an empty one. */
export function breachError(
  schema: Schema,
  { rule, index, other }: RuleBreach,
  records: Uint8Array,
  table?: NativeBindingTable,
): LwaftrError {
  const value = decodeSoftwire(records, index * recordSize)
  const place = { path: formatInstanceIdentifier(softwirePath(schema, value)) }
  const entry = name(value)
  const portSet = value['port-set'] as JsonObject
  switch (rule) {
    case 'duplicate':
      return error('softwire-duplicate', { entry }, place)
    case 'port-set': {
      const { ipv4 } = keyAt(records, index * recordSize)
      const contradicted = other === null ? table?.scan(ipv4, 0, 1) : records.subarray(other * recordSize)
      return error(
        'softwire-port-set',
        { entry, other: contradicted ? name(decodeSoftwire(contradicted)) : '' },
        place,
      )
    }
    case 'psid-range':
      return error('bad-value', { name: 'psid', problem: `${value.psid} is not below 2^psid-length` }, place)
    case 'psid-length':
      return error(
        'bad-value',
        {
          name: 'psid-length',
          problem: `${portSet['psid-length']} and reserved-ports-bit-count exceed 16 together`,
        },
        place,
      )
    case 'br-address':
      return error(
        'bad-value',
        { name: 'br-address', problem: `${value['br-address']} is no host's address` },
        place,
      )
  }
}

function name(softwire: JsonObject): string {
  return `${softwire.ipv4},${softwire.psid}`
}
