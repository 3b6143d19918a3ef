// Query parameters (RFC 8040 s4.8): each at most once, and none that is not known.
import { error } from '../errors.js'
import type { DataPath } from '../schema/paths.js'

export type Content = 'config' | 'nonconfig' | 'all'

export interface RetrievalQuery {
  readonly content: Content
  /** Show values that are there by default, too (with-defaults=report-all). */
  readonly defaults: boolean
  /** Of a list: how many entries, and how many to pass over first. */
  readonly limit: number | undefined
  readonly offset: number
}

export function parseRetrieval(search: string, path: DataPath): RetrievalQuery {
  const last = path.steps.at(-1)
  const list = last?.node.kind === 'list' && last.keys.length === 0
  const given = parameters(search, ['content', 'with-defaults', ...(list ? ['limit', 'offset'] : [])])
  return {
    content: oneOf(given, 'content', ['config', 'nonconfig', 'all'] as const) ?? 'all',
    // The basic mode (RFC 6243) is explicit: what was set is shown, and nothing else.
    defaults: oneOf(given, 'with-defaults', ['explicit', 'report-all'] as const) === 'report-all',
    limit: count(given, 'limit'),
    offset: count(given, 'offset') ?? 0,
  }
}

/** For requests that take no parameters. */
export function refuseParameters(search: string): void {
  parameters(search, [])
}

function parameters(search: string, known: readonly string[]): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(search)) {
    if (!known.includes(name)) throw error('bad-query', { name, problem: 'it is not known here' })
    if (given.has(name)) throw error('bad-query', { name, problem: 'it is given twice' })
    given.set(name, value)
  }
  return given
}

function oneOf<T extends string>(
  given: Map<string, string>,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  const known = values.find((candidate) => candidate === value)
  if (!known) throw error('bad-query', { name, problem: `${value} is not one of ${values.join(', ')}` })
  return known
}

function count(given: Map<string, string>, name: string): number | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  if (!/^\d{1,10}$/.test(value)) throw error('bad-query', { name, problem: `${value} is not a count` })
  return Number(value)
}
