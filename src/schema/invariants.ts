/**
 * Rules across softwires, which the binding table checks because XPath would cost too much (the model states them in
 * the description of the list): its verdicts as errors that name both entries.
 */
import { error, type LwaftrError } from '../errors.js'
import { formatInstanceIdentifier, pathTo } from './paths.js'
import type { Schema } from './schema.js'
import { keysIn } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { validateSoftwire } from './validate.js'

/** What the binding table says of a list of records. */
export interface Breach {
  readonly rule: 'duplicate' | 'port-set' | 'psid-range' | 'psid-length' | 'br-address'
  /** Index of the record. */
  readonly index: number
  /** Index of the record that it contradicts; null: one that is in the table already. */
  readonly other: number | null
}

/** `inTable` is a record of the table with the same IPv4 address, for breaches without `other`. */
export function breachError(
  schema: Schema,
  breach: Breach,
  records: Uint8Array,
  inTable?: Uint8Array,
): LwaftrError {
  const { rule, index, other } = breach
  const softwire = decodeSoftwire(records, index * recordSize)
  const path = pathOfRecord(schema, records, index * recordSize)
  const otherPath =
    other !== null
      ? pathOfRecord(schema, records, other * recordSize)
      : inTable === undefined
        ? 'in the binding table'
        : pathOfRecord(schema, inTable, 0)
  if (rule === 'duplicate') return error('softwire-duplicate', { entry: path }, { path })
  if (rule === 'port-set')
    return error(
      'softwire-port-set',
      { entry: path, other: otherPath },
      { path, value: softwire['port-set'] },
    )
  // The rest concerns one entry, and the model has the words.
  try {
    validateSoftwire(schema, softwire)
  } catch (failure) {
    return failure as LwaftrError
  }
  return error('bad-value', { name: 'softwire', problem: `the binding table refuses it: ${rule}` }, { path })
}

function pathOfRecord(schema: Schema, records: Uint8Array, offset: number): string {
  const keys = keysIn(schema.softwires, decodeSoftwire(records, offset))
  return formatInstanceIdentifier(pathTo(schema.softwires, keys))
}
