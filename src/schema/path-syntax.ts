/** Splits a path into segments by its characters alone; what the names mean is for paths.ts. */
import { error } from '../errors.js'

export interface PathSegment {
  readonly name: string
  /** Keys by position, decoded: `softwire=193.5.1.100,7`. */
  readonly values?: readonly string[]
  /** Keys by name: `softwire[ipv4=193.5.1.100][psid=7]`. */
  readonly predicates: readonly (readonly [key: string, value: string])[]
}

/** Longest path worth reading; a URL longer than this is nobody's. */
const limit = 8192

/** `any` takes both syntaxes, even mixed; `api` only RFC 8040's, percent-encoded. */
export function splitPath(text: string, syntax: 'any' | 'api' = 'any'): PathSegment[] {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text
  const fail = (problem: string) => error('bad-path', { path: shown, problem }, { path: shown })
  if (text.length > limit) throw fail(`it is longer than ${limit} characters`)
  const segments: PathSegment[] = []
  let at = text.startsWith('/') ? 1 : 0
  if (at === text.length) return segments
  for (;;) {
    const name = /^[^/=[\]]*/.exec(text.slice(at))?.[0] ?? ''
    if (name === '')
      throw fail(at >= text.length ? 'it ends with a slash' : `a name is expected at character ${at + 1}`)
    at += name.length
    const predicates: [string, string][] = []
    let values: string[] | undefined
    if (text[at] === '=') {
      const end = text.indexOf('/', at)
      const list = text.slice(at + 1, end < 0 ? undefined : end)
      at += 1 + list.length
      if (/[[\]]/.test(list)) throw fail(`brackets and = do not mix in ${name}`)
      values = list.split(',').map((value) => decode(value, fail))
    } else if (syntax === 'any') {
      while (text[at] === '[') {
        const predicate = readPredicate(text, at, fail)
        predicates.push([predicate.key, predicate.value])
        at = predicate.end
      }
    }
    segments.push({
      name: decode(name.trim(), fail),
      predicates,
      ...(values === undefined ? {} : { values }),
    })
    if (at === text.length) return segments
    if (text[at] !== '/') throw fail(`/ is expected at character ${at + 1}, not ${text[at]}`)
    at++
  }
}

function decode(text: string, fail: (problem: string) => Error): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw fail(`${text} is not percent-encoded UTF-8`)
  }
}

/** `[key=value]`, value bare or quoted; a quote within quotes of its kind is doubled. */
function readPredicate(text: string, start: number, fail: (problem: string) => Error) {
  const match = /^\[\s*([^\s=\]'"]+)\s*=\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^\]'"]*?))\s*\]/su.exec(
    text.slice(start),
  )
  if (match === null)
    throw fail(
      /^\[\s*\d+\s*\]/.test(text.slice(start))
        ? 'entries are named by their keys, not by position: [key=value]'
        : `[key=value] is expected at character ${start + 1}`,
    )
  const [whole, key = '', single, double, bare = ''] = match
  const value = single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? bare
  return { key, value, end: start + whole.length }
}
