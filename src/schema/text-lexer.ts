/**
 * Words of the text format: YANG's own surface syntax (RFC 7950 s6.1), over the bytes of a UTF-8 buffer.
 * Positions are byte offsets; lines and columns are only counted when an error needs them.
 */
import { isUtf8 } from 'node:buffer'
import { type ErrorCode, type ErrorParameters, error, type LwaftrError } from '../errors.js'

const tab = 9
const lineFeed = 10
const carriageReturn = 13
const space = 32
const doubleQuote = 34
const singleQuote = 39
const asterisk = 42
const plus = 43
const slash = 47
const semicolon = 59
const backslash = 92
const openBrace = 123
const closeBrace = 125

export function isSpace(byte: number | undefined): boolean {
  return byte === space || byte === lineFeed || byte === tab || byte === carriageReturn
}

/** Escapes within double quotes; YANG knows no others. */
const escapes = new Map([
  [110, '\n'],
  [116, '\t'],
  [doubleQuote, '"'],
  [backslash, '\\'],
])

export class Lexer {
  /** Next byte to read. */
  at = 0

  constructor(
    readonly source: Buffer,
    readonly file: string | undefined,
  ) {
    if (source[0] === 0xef && source[1] === 0xbb && source[2] === 0xbf) this.at = 3 // byte order mark
    if (!isUtf8(source))
      throw this.fail(this.#firstBadByte(), 'syntax', { problem: 'this is not UTF-8 text' })
  }

  get atEnd(): boolean {
    return this.at >= this.source.length
  }

  /** Line and column of a byte, counted from 1. */
  place(offset: number): { line: number; column: number } {
    let line = 1
    let start = 0
    for (
      let next = this.source.indexOf(lineFeed);
      next >= 0 && next < offset;
      next = this.source.indexOf(lineFeed, start)
    ) {
      line++
      start = next + 1
    }
    return { line, column: offset - start + 1 }
  }

  fail<C extends ErrorCode>(
    offset: number,
    code: C,
    parameters: ErrorParameters<C>,
    path?: string,
  ): LwaftrError {
    return error(code, parameters, { ...this.place(offset), file: this.file, path })
  }

  syntax(offset: number, problem: string): LwaftrError {
    return this.fail(offset, 'syntax', { problem })
  }

  /** Skips white space and comments. */
  skip(): void {
    const { source } = this
    for (;;) {
      while (isSpace(source[this.at])) this.at++
      if (source[this.at] !== slash) return
      const next = source[this.at + 1]
      if (next === slash) {
        const end = source.indexOf(lineFeed, this.at)
        this.at = end < 0 ? source.length : end + 1
      } else if (next === asterisk) {
        const end = source.indexOf('*/', this.at + 2)
        if (end < 0) throw this.syntax(this.at, 'this comment is never closed; add */')
        this.at = end + 2
      } else return
    }
  }

  /** Takes one of `;`, `{` or `}` if it is next. */
  take(sign: ';' | '{' | '}'): boolean {
    this.skip()
    if (this.source[this.at] !== sign.charCodeAt(0)) return false
    this.at++
    return true
  }

  /** What is next, for messages. */
  shown(): string {
    this.skip()
    if (this.atEnd) return 'the end of the text'
    const byte = this.source[this.at] as number
    if (byte === semicolon || byte === openBrace || byte === closeBrace || byte === plus)
      return String.fromCharCode(byte)
    if (byte === doubleQuote || byte === singleQuote) return 'a quoted string'
    const word = this.#unquoted()
    this.at -= Buffer.byteLength(word)
    return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word)
  }

  /** The name at the start of a statement. */
  name(): string {
    this.skip()
    const start = this.at
    const word = this.#unquoted()
    if (word === '') throw this.syntax(start, `a name is expected, not ${this.shown()}`)
    return word
  }

  /** A value: one word, or quoted strings joined with +. Null where there is none. */
  argument(): string | null {
    this.skip()
    const first = this.source[this.at]
    if (first === undefined || first === semicolon || first === openBrace || first === closeBrace) return null
    if (first !== doubleQuote && first !== singleQuote) return this.#unquoted()
    const parts = [this.#quoted()]
    for (;;) {
      const end = this.at
      this.skip()
      if (this.source[this.at] !== plus) {
        this.at = end
        return parts.join('')
      }
      this.at++
      this.skip()
      const next = this.source[this.at]
      if (next !== doubleQuote && next !== singleQuote)
        throw this.syntax(this.at, `a quoted string is expected after +, not ${this.shown()}`)
      parts.push(this.#quoted())
    }
  }

  #unquoted(): string {
    const { source } = this
    const start = this.at
    for (;;) {
      const byte = source[this.at]
      if (
        byte === undefined ||
        byte === semicolon ||
        byte === openBrace ||
        byte === closeBrace ||
        isSpace(byte)
      )
        break
      if (byte === slash && (source[this.at + 1] === slash || source[this.at + 1] === asterisk)) break
      if (byte === doubleQuote || byte === singleQuote) {
        if (this.at === start) break
        throw this.syntax(this.at, 'a quote within an unquoted word; quote the whole word')
      }
      if (byte < space || byte === 127) throw this.syntax(this.at, `control character ${byte} is not allowed`)
      this.at++
    }
    return source.toString('utf8', start, this.at)
  }

  #quoted(): string {
    const { source } = this
    const open = this.at
    const quote = source[open] as number
    const parts: string[] = []
    let start = ++this.at
    for (;;) {
      const byte = source[this.at]
      if (byte === undefined)
        throw this.syntax(open, `this string is never closed; add ${String.fromCharCode(quote)}`)
      if (byte === quote) break
      if ((byte < space && !isSpace(byte)) || byte === 127)
        throw this.syntax(this.at, `control character ${byte} is not allowed`)
      if (byte === backslash && quote === doubleQuote) {
        const escaped = escapes.get(source[this.at + 1] ?? 0)
        if (escaped === undefined)
          throw this.syntax(
            this.at,
            'after a backslash only n, t, " and \\ are allowed; use single quotes, or \\\\',
          )
        parts.push(source.toString('utf8', start, this.at), escaped)
        this.at += 2
        start = this.at
      } else if (byte === lineFeed && quote === doubleQuote) {
        parts.push(this.#lineBreak(start, open))
        start = this.at
      } else this.at++
    }
    parts.push(source.toString('utf8', start, this.at))
    this.at++
    return parts.join('')
  }

  /**
   * A line break within double quotes takes the blanks before it along, and of the indentation after it as much as
   * leads up to the opening quote (RFC 7950 s6.1.3). Answers the text from `start` and the line break.
   */
  #lineBreak(start: number, open: number): string {
    const { source } = this
    let end = this.at
    while (end > start && (source[end - 1] === space || source[end - 1] === tab)) end--
    const text = `${source.toString('utf8', start, end)}\n`
    const margin = open - source.lastIndexOf(lineFeed, open)
    this.at++
    // A tab counts as eight columns; one that reaches beyond the margin leaves its rest as spaces.
    let column = 0
    while (column < margin && (source[this.at] === space || source[this.at] === tab))
      column += source[this.at++] === tab ? 8 : 1
    return text + ' '.repeat(Math.max(0, column - margin))
  }

  /** For the message only: the first byte at which the text stops being UTF-8. */
  #firstBadByte(): number {
    let low = 0
    let high = this.source.length
    // A prefix is good as far as it is valid, but for a character cut in two at its end.
    const good = (end: number) =>
      [0, 1, 2, 3].some((cut) => end >= cut && isUtf8(this.source.subarray(0, end - cut)))
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (good(middle)) low = middle
      else high = middle - 1
    }
    while (!isUtf8(this.source.subarray(0, low))) low--
    return low
  }
}
