// A line of a POSIX shell as far as it is typed: its words, and the one that is being typed.

export interface ShellLine {
  /** Complete words, without quotes. */
  readonly words: readonly string[]
  /** The word at the cursor, without quotes; may be empty. */
  readonly current: string
  /** The quote that it is inside of. */
  readonly quote: '' | "'" | '"'
  /** The word at the cursor as it stands there. */
  readonly raw: string
}

/** What ends a command and begins another. */
const SEPARATORS = '|;&()'

export function readLine(line: string): ShellLine {
  let words: string[] = []
  let word: string | undefined
  let quote: ShellLine['quote'] = ''
  let start = line.length
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string
    if (quote === '' && /[\s|;&()]/.test(char)) {
      if (word !== undefined) words.push(word)
      if (SEPARATORS.includes(char)) words = []
      word = undefined
      continue
    }
    if (word === undefined) start = at
    word ??= ''
    if (char === quote) quote = ''
    else if (quote === '' && (char === "'" || char === '"')) quote = char
    else if (char === '\\' && quote !== "'") word += line[++at] ?? ''
    else word += char
  }
  return { words, current: word ?? '', quote, raw: word === undefined ? '' : line.slice(start) }
}
