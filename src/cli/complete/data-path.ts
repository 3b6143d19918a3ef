// Continuations of a path to data: names from the model, list entries from the running relay.
import { contentType } from '../../config-server/media-types.js'
import { childrenOf, findChild } from '../../schema/lookup.js'
import { type DataPath, formatApiPath, formatXPath, parsePath } from '../../schema/paths.js'
import type { Schema, SchemaNode } from '../../schema/schema.js'
import { type Client, text } from '../client.js'

/** Nobody reads more. */
const ENTRIES = 100

/** Both kinds of path, as far as each has been typed. `connect` fails where no relay runs: then only names are known. */
export async function pathCandidates(
  schema: Schema,
  connect: () => Promise<Client>,
  typed: string,
  isWanted: (node: SchemaNode) => boolean,
): Promise<string[]> {
  const start = fold(typed).lastIndexOf('/') + 1
  const above = typed.slice(0, start)
  const rest = typed.slice(start)
  const path = parsePath(schema, above.replace(/\/$/, '') || '/')
  const parent = path.steps.at(-1)?.node ?? null
  const name = /^[^[=]*/.exec(rest)?.[0] ?? ''
  const names = [...childrenOf(schema, parent).values()]
    .filter((node) => node.name.startsWith(rest) && isWanted(node))
    .map((node) => above + node.name + (node.kind === 'container' ? '/' : ''))
  const list = childNamed(schema, parent, name)
  if (list?.kind !== 'list' || !isWanted(list)) return withSlash(typed, names)
  const entries = await connect()
    .then((client) => readEntries(client, path, list, keyPrefix(rest)))
    .catch(() => [])
  const steps = entries.map((keys) => ({ steps: [{ node: list, keys }] }))
  const texts =
    rest[name.length] === '='
      ? steps.map((step) => name + formatApiPath(step).slice(formatApiPath(step).indexOf('=')))
      : steps.map((step) => name + formatXPath(step).slice(1 + list.name.length))
  return withSlash(typed, [
    ...names,
    ...texts.filter((entry) => entry.startsWith(rest)).map((entry) => above + entry),
  ])
}

/** Slashes inside of brackets are no ends of steps. */
function fold(path: string): string {
  return path.replace(/\[[^\]]*\]?/g, (predicate) => predicate.replaceAll('/', '\0'))
}

function withSlash(typed: string, paths: readonly string[]): string[] {
  return typed === '' ? paths.map((path) => `/${path}`) : [...paths]
}

function childNamed(schema: Schema, parent: SchemaNode | null, name: string): SchemaNode | undefined {
  try {
    return findChild(schema, parent, name, '')
  } catch {
    return undefined
  }
}

/** As much as is typed of the first key. */
function keyPrefix(rest: string): string {
  return /^[^[=]*(?:=|\[[^=]*=)([^\]'",]*)/.exec(rest)?.[1] ?? ''
}

async function readEntries(
  client: Client,
  above: DataPath,
  list: SchemaNode,
  prefix: string,
): Promise<string[][]> {
  const [first = ''] = list.keys
  const target = formatApiPath({ steps: [...above.steps, { node: list, keys: [] }] })
  const where = prefix === '' ? '' : `&where=${encodeURIComponent(`starts-with(${first}, '${prefix}')`)}`
  const response = await client.request('GET', {
    path: `/restconf/data/${target}?limit=${ENTRIES}&fields=${list.keys.join(';')}${where}`,
    headers: { accept: contentType('json') },
  })
  const [entries = []] = Object.values(JSON.parse(await text(response))) as Record<string, unknown>[][]
  return entries.map((entry) => list.keys.map((key) => String(entry[key])))
}
