/** One leaf a line, its path and its value: for grep, diff and scripts. */
import type { JsonObject } from './json-types.js'
import { type DataPath, formatXPath, type PathStep } from './paths.js'
import type { Schema } from './schema.js'
import { isObject } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { quoteText } from './text-writer.js'
import { valueToText } from './values.js'
import { chunks, type Source, walk } from './walk.js'
import { withSoftwireDefaults } from './xml.js'

/** `/softwire-config/external-interface/mtu 1460` for each leaf. */
export function writeXPath(schema: Schema, path: DataPath, source: Source): Generator<string> {
  return chunks(lines(schema, path, source))
}

function* lines(schema: Schema, path: DataPath, source: Source): Generator<string> {
  const last = path.steps.at(-1)
  // A list's entries, and a leaf itself, come with their own step.
  const whole = last === undefined || last.node.kind === 'container' || last.keys.length > 0
  const steps: PathStep[] = whole ? [...path.steps] : path.steps.slice(0, -1)
  const prefixes = [formatPrefix(steps)]
  for (const visit of walk(schema, path, source)) {
    const prefix = prefixes.at(-1) as string
    switch (visit.kind) {
      case 'open':
        prefixes.push(`${prefix}${formatXPath({ steps: [visit] })}`)
        break
      case 'close':
        prefixes.pop()
        break
      case 'leaf':
        yield `${prefix}/${visit.node.name} ${quoteText(valueToText(visit.value))}\n`
        break
      case 'softwires':
        for (let offset = 0; offset < visit.page.length; offset += recordSize) {
          const softwire = decodeSoftwire(visit.page, offset)
          const entry = `${prefix}/softwire[ipv4=${softwire.ipv4}][psid=${softwire.psid}]`
          yield leaves(entry, source.defaults ? withSoftwireDefaults(softwire) : softwire)
        }
    }
  }
}

const formatPrefix = (steps: readonly PathStep[]) => (steps.length === 0 ? '' : formatXPath({ steps }))

function leaves(prefix: string, object: JsonObject): string {
  return Object.entries(object)
    .map(([name, value]) =>
      isObject(value) ? leaves(`${prefix}/${name}`, value) : `${prefix}/${name} ${valueToText(value)}\n`,
    )
    .join('')
}
