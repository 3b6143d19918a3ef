// What bash wants to hear of candidates: readline replaces only what follows the last character that breaks words.
import type { ShellLine } from './shell-line.js'

/** Those of bash that occur in our words; inside quotes none of them does. */
const BREAKS = /^.*[=:]/s

/** The candidate as it replaces the end of the word. */
export function forBash({ quote, raw }: ShellLine, candidate: string): string {
  if (quote !== '') return candidate
  const escaped = candidate.replace(/[^\w./,:=@%+-]/g, '\\$&')
  const kept = BREAKS.exec(raw)?.[0] ?? ''
  return escaped.startsWith(kept) ? escaped.slice(kept.length) : escaped
}
