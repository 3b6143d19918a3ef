// A configuration in a file, in any of the formats.
import { readFile } from 'node:fs/promises'
import { error } from '../errors.js'
import type { Configuration } from '../schema/configuration.js'
import { loadConfiguration } from '../schema/formats.js'
import type { Schema } from '../schema/schema.js'

/** Reads and validates it, but for the rules across softwires. Errors name file, line and column. */
export async function readConfiguration(schema: Schema, file: string): Promise<Configuration> {
  return loadConfiguration(schema, await readBytes(file), { file })
}

/** The file's bytes; what the system says becomes one line. */
export async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw error('file', { file, problem: REASONS[code] ?? message }, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
}
