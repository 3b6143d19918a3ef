// Which alarms are put aside (RFC 8632 s4.1.4): those that nobody wants to be woken by for now, on shelves of the
// configuration.
import type { JsonObject } from '../../schema/json-types.js'
import type { Schema } from '../../schema/schema.js'
import { type PatternStep, parseNodePath } from '../nacm/node-path.js'
import { isObject } from '../tree.js'
import type { Alarm } from './alarm.js'
import { controlOf } from './control.js'

export interface Shelf {
  readonly name: string
  /** None: whatever they are about. */
  readonly resources: readonly Pattern[]
  /** `lwaftr:link-down`; null: of any type. */
  readonly types: ReadonlySet<string> | null
}

interface Pattern {
  /** Null: it is no path, and matches what is written the same. */
  readonly steps: readonly PatternStep[] | null
  readonly text: string
  /** What is below is meant, not the node itself. */
  readonly below: boolean
}

/** In the order in which they are tried. */
export function shelvesOf(schema: Schema, config: JsonObject): Shelf[] {
  const shelving = controlOf(config)['alarm-shelving']
  const shelves = (isObject(shelving) ? (shelving.shelf ?? []) : []) as JsonObject[]
  return shelves.map(({ name, resource = [], 'alarm-type': types }) => ({
    name: String(name),
    resources: (resource as string[]).map((text) => pattern(schema, text)),
    types: types === undefined ? null : typesOf(types as JsonObject[]),
  }))
}

/** Our alarms have no qualifier: what does not match the empty one matches none of them. */
function typesOf(types: readonly JsonObject[]): ReadonlySet<string> {
  const ours = types.filter((type) => matchesEmpty(String(type['alarm-type-qualifier-match'])))
  return new Set(ours.map((type) => String(type['alarm-type-id'])))
}

/** A regular expression of XML Schema, whose simple ones JavaScript reads alike. */
function matchesEmpty(expression: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`, 'u').test('')
  } catch {
    return false
  }
}

/** The first shelf that the alarm belongs on. */
export function shelfOf(schema: Schema, shelves: readonly Shelf[], alarm: Alarm): Shelf | undefined {
  const steps = pathSteps(schema, alarm.resource)
  return shelves.find(
    ({ resources, types }) =>
      (resources.length === 0 || resources.some((one) => isAbout(one, alarm.resource, steps))) &&
      (types === null || types.has(`lwaftr:${alarm.type}`)),
  )
}

function pattern(schema: Schema, text: string): Pattern {
  const below = text.endsWith('//*')
  return { text, below, steps: pathSteps(schema, below ? text.slice(0, -3) : text) }
}

function pathSteps(schema: Schema, text: string): readonly PatternStep[] | null {
  try {
    return parseNodePath(schema, text)
  } catch {
    return null
  }
}

/** Keys that a pattern leaves out match any. */
function isAbout(
  { steps, text, below }: Pattern,
  resource: string,
  of: readonly PatternStep[] | null,
): boolean {
  if (steps === null || of === null) return text === resource
  if (below ? of.length <= steps.length : of.length !== steps.length) return false
  return steps.every(({ node, keys }, i) => {
    const at = of[i]
    return at?.node === node && keys.every((key, k) => key === undefined || key === at.keys[k])
  })
}
