// What `lwaftr config` does to a relay, for one command or for each request of a listener.
import { contentType } from '../../config-server/media-types.js'
import { error } from '../../errors.js'
import type { JsonValue } from '../../schema/json-types.js'
import { type DataPath, formatApiPath, parsePath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { isObject } from '../../schema/shape.js'
import { type Client, text } from '../client.js'
import { type PathEdit, patch } from '../edit-config.js'
import { valueGiven } from '../value.js'

export interface Reading {
  readonly format: 'yang' | 'xpath'
  readonly printDefault: boolean
}

export const plainReading: Reading = { format: 'yang', printDefault: false }

/** As parsePath(), with the slash that scripts written for Snabb may end a path in. */
export function pathGiven(schema: Schema, path: string): DataPath {
  return parsePath(schema, path.length > 1 ? path.replace(/\/$/, '') : path)
}

/** The configuration or state at the path, as text without the last line's end. */
export async function read(
  client: Client,
  path: DataPath,
  content: 'config' | 'nonconfig',
  { format, printDefault }: Reading,
): Promise<string> {
  const target = formatApiPath(path)
  const query = `content=${content}${printDefault ? '&with-defaults=report-all' : ''}`
  const response = await client.request('GET', {
    path: `/restconf/data${target && `/${target}`}?${query}`,
    headers: { accept: contentType(format === 'yang' ? 'text' : 'xpath') },
  })
  return (await text(response)).replace(/\n$/, '')
}

export async function set(client: Client, schema: Schema, path: DataPath, value?: string): Promise<void> {
  await patch(client, [{ operation: 'replace', target: path, value: valueGiven(schema, path, value) }])
}

export async function add(client: Client, schema: Schema, path: DataPath, value?: string): Promise<void> {
  await patch(client, additions(path, valueGiven(schema, path, value)))
}

export async function remove(client: Client, path: DataPath): Promise<void> {
  if (path.steps.length === 0)
    throw error('bad-path', { path: '/', problem: 'it is all there is; load replaces the whole' })
  await patch(client, [{ operation: 'delete', target: path }])
}

/** Entries for a list; for a container, what its lists gain, since the container itself is there already. */
function additions(path: DataPath, value: JsonValue): PathEdit[] {
  const node = path.steps.at(-1)?.node
  if (node?.kind !== 'container' || !isObject(value)) return [{ operation: 'create', target: path, value }]
  return Object.entries(value).map(([name, member]) => {
    const child = node.children.get(name)
    if (child === undefined) throw new Error(`${node.name} was read with a ${name} that it does not have`)
    return {
      operation: 'create',
      target: { steps: [...path.steps, { node: child, keys: [] }] },
      value: member,
    }
  })
}
