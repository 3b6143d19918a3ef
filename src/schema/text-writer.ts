/** Writes configuration and state as text, chunk by chunk. */
import type { JsonObject, JsonValue } from './json-types.js'
import type { DataPath } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { valueToText } from './values.js'
import { chunks, type Source, walk } from './walk.js'

/** Writes what readTextAt(path) reads: a leaf's value, the contents of a container or entry, the entries of a list. */
export function writeText(schema: Schema, path: DataPath, source: Source): Generator<string> {
  return chunks(pieces(schema, path, source))
}

function* pieces(schema: Schema, path: DataPath, source: Source): Generator<string> {
  if (path.steps.at(-1)?.node.kind === 'leaf') {
    yield `${quoteText(valueToText(source.value))}\n`
    return
  }
  let indent = ''
  for (const visit of walk(schema, path, source)) {
    switch (visit.kind) {
      case 'open':
        yield `${indent}${textName(visit.node)} {\n`
        indent += '  '
        break
      case 'close':
        indent = indent.slice(2)
        yield `${indent}}\n`
        break
      case 'leaf':
        yield `${indent}${textName(visit.node)}${argument(visit.value)};\n`
        break
      case 'softwires':
        for (let offset = 0; offset < visit.page.length; offset += recordSize)
          yield softwireText(visit.page, offset, indent, source.defaults ?? false)
    }
  }
}

/** At the top there is but one module's data; its prefix would be noise. */
function textName(node: SchemaNode): string {
  return node.parent === null ? node.name : memberName(node)
}

/** Behind a name: a blank and the value; nothing for the type empty. */
function argument(value: JsonValue): string {
  return Array.isArray(value) ? '' : ` ${quoteText(valueToText(value))}`
}

/** A word stays bare where it can; YANG's escapes within double quotes otherwise. */
export function quoteText(text: string): string {
  if (/^[^\s;{}"'+\\][^\s;{}"']*$/.test(text) && !/\/[/*]/.test(text)) return text
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
  return `"${escaped}"`
}

/** One softwire, without the detour through the walk: there may be millions. */
function softwireText(page: Uint8Array, offset: number, indent: string, defaults: boolean): string {
  const softwire = decodeSoftwire(page, offset)
  const portSet = softwire['port-set'] as JsonObject
  const padding = softwire.padding ?? (defaults ? 0 : undefined)
  const reserved = portSet['reserved-ports-bit-count'] ?? (defaults ? 0 : undefined)
  return (
    `${indent}softwire {\n` +
    `${indent}  ipv4 ${softwire.ipv4};\n` +
    `${indent}  psid ${softwire.psid};\n` +
    (padding === undefined ? '' : `${indent}  padding ${padding};\n`) +
    `${indent}  br-address ${softwire['br-address']};\n` +
    `${indent}  b4-ipv6 ${softwire['b4-ipv6']};\n` +
    `${indent}  port-set {\n` +
    `${indent}    psid-length ${portSet['psid-length']};\n` +
    (reserved === undefined ? '' : `${indent}    reserved-ports-bit-count ${reserved};\n`) +
    `${indent}  }\n${indent}}\n`
  )
}
