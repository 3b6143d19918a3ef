/** Configuration in whichever format it is written: the formats differ enough to tell by their first characters. */
import { LwaftrError } from '../errors.js'
import type { Configuration, Subtree } from './configuration.js'
import { readJson, readJsonAt } from './json.js'
import type { DataPath } from './paths.js'
import type { Schema } from './schema.js'
import { loadText, readTextAt, type TextOptions } from './text.js'
import { validateTree } from './validate.js'
import { readXml, readXmlAt } from './xml.js'

export type Format = 'text' | 'json' | 'xml'

/** JSON has a quote, a brace or nothing behind its first brace, where text has a name. */
export function detectFormat(source: Buffer): Format {
  const start = source.toString('utf8', 0, 4096).trimStart()
  if (start.startsWith('<')) return 'xml'
  return /^\[|^\{\s*["}]/.test(start) ? 'json' : 'text'
}

/** Reads and validates a whole configuration. What is left is what concerns several softwires (invariants.ts). */
export function loadConfiguration(schema: Schema, source: Buffer, options: TextOptions = {}): Configuration {
  const format = detectFormat(source)
  if (format === 'text') return loadText(schema, source, options)
  const read = format === 'json' ? readJson : readXml
  const { tree, softwires } = read(schema, source, options.file)
  try {
    return { tree: validateTree(schema, tree), softwires }
  } catch (failure) {
    throw failure instanceof LwaftrError ? failure.at({ file: options.file }) : failure
  }
}

/** Reads the value of one resource. Shape and types are checked; whether it fits where it will stand is not. */
export function readValueAt(
  schema: Schema,
  path: DataPath,
  source: Buffer,
  options: TextOptions = {},
): Subtree {
  switch (formatAt(path, source)) {
    case 'json':
      return readJsonAt(schema, path, source, options.file)
    case 'xml':
      return readXmlAt(schema, path, source, options.file)
    default:
      return readTextAt(schema, path, source, options)
  }
}

/** A leaf's value may look like anything; other formats show by the leaf's own name. */
function formatAt(path: DataPath, source: Buffer): Format {
  const node = path.steps.at(-1)?.node
  if (node?.kind !== 'leaf') return detectFormat(source)
  const start = source.toString('utf8', 0, 256).trimStart()
  if (start.startsWith(`<${node.name}`)) return 'xml'
  return /^\{\s*"/.test(start) && start.includes(`"${node.module}:${node.name}"`) ? 'json' : 'text'
}
