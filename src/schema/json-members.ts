/** Finds members that a JSON object has twice, which JSON.parse takes without a word: the last one wins. */
import type { JsonValue } from './json-types.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** Whether the text, which JSON.parse read as `value`, has more members than the value. */
export function hasDuplicate(source: Buffer, value: JsonValue): boolean {
  let members = 0
  for (let at = source.indexOf(QUOTE); at >= 0; at = source.indexOf(QUOTE, at)) {
    at = endOfString(source, at)
    if (source[afterBlanks(source, at)] === COLON) members++
  }
  return members !== countMembers(value)
}

/** The first member that is there twice; for text in which hasDuplicate() found one. */
export function duplicateMember(source: Buffer): { name: string; line: number } {
  const objects: Set<string>[] = []
  let line = 1
  for (let at = 0; at < source.length; at++) {
    const byte = source[at]
    if (byte === 0x0a) line++
    else if (byte === OPEN) objects.push(new Set())
    else if (byte === CLOSE) objects.pop()
    else if (byte === QUOTE) {
      const end = endOfString(source, at)
      if (source[afterBlanks(source, end)] === COLON) {
        const name = JSON.parse(source.toString('utf8', at, end)) as string
        if (objects.at(-1)?.has(name)) return { name, line }
        objects.at(-1)?.add(name)
      }
      at = end - 1
    }
  }
  throw new Error('no member is there twice')
}

/** Behind the closing quote of the string that begins at `at`. */
function endOfString(source: Buffer, at: number): number {
  let end = at + 1
  while (end < source.length && source[end] !== QUOTE) end += source[end] === BACKSLASH ? 2 : 1
  return end + 1
}

function afterBlanks(source: Buffer, from: number): number {
  let at = from
  for (
    let byte = source[at];
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    byte = source[at]
  )
    at++
  return at
}

/** Without recursion: nesting may be deeper than a stack. */
function countMembers(value: JsonValue): number {
  let count = 0
  const left = [value]
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (typeof at !== 'object' || at === null) continue
    const inner = Array.isArray(at) ? at : Object.values(at)
    if (!Array.isArray(at)) count += inner.length
    for (const one of inner) if (typeof one === 'object' && one !== null) left.push(one as JsonValue)
  }
  return count
}
