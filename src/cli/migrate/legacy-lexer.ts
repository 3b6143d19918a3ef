/** Words of the text formats that Snabb's lwAFTR had before YANG: `#` comments, `key = value`, commas or line ends between. */
import { type ErrorCode, type ErrorParameters, error, type LwaftrError } from '../../errors.js'

export class LegacyLexer {
  at = 0
  readonly #text: string

  constructor(
    source: Buffer,
    readonly file: string,
  ) {
    this.#text = source.toString('utf8')
  }

  /** Whether white space and comments are all that is left. */
  get atEnd(): boolean {
    this.skip()
    return this.at >= this.#text.length
  }

  skip(): void {
    this.#match(/(?:\s|#.*)*/y)
  }

  take(sign: string): boolean {
    this.skip()
    if (!this.#text.startsWith(sign, this.at)) return false
    this.at += sign.length
    return true
  }

  /** An address, number or name. */
  word(): string {
    this.skip()
    return this.#match(/[\w.:]+/y) ?? this.#expected('a word')
  }

  /** `name {` */
  section(name: string): void {
    const start = this.at
    if (this.word().toLowerCase() !== name || !this.take('{')) {
      this.at = start
      this.#expected(`${name} {`)
    }
  }

  /** `key = value`, and the comma behind it. */
  property(): [key: string, value: string] {
    const key = this.word()
    if (!this.take('=')) this.#expected(`= after ${key}`)
    this.skip()
    const value =
      this.#match(/"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[^\s,{}]+/y) ??
      this.#expected(`a value for ${key}`)
    this.take(',')
    return [key, /^["']/.test(value) ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value]
  }

  /** `{ key = value, … }` with these keys and no others. */
  properties<K extends string>(keys: readonly K[]): Partial<Record<K, string>> {
    const found: Partial<Record<K, string>> = {}
    if (!this.take('{')) this.#expected('{')
    while (!this.take('}')) {
      const start = this.at
      const [name, value] = this.property()
      const key = keys.find((one) => one === name)
      if (key === undefined)
        throw this.fail(start, 'syntax', { problem: `${name} is none of ${keys.join(', ')}` })
      if (key in found) throw this.fail(start, 'duplicate', { name })
      found[key] = value
    }
    return found
  }

  syntax(expected: string): LwaftrError {
    this.skip()
    const shown = /^\S+/.exec(this.#text.slice(this.at, this.at + 40))?.[0] ?? 'the end of the text'
    return this.fail(this.at, 'syntax', { problem: `${expected} is expected, not ${shown}` })
  }

  fail<C extends ErrorCode>(offset: number, code: C, parameters: ErrorParameters<C>): LwaftrError {
    return error(code, parameters, { file: this.file, ...this.place(offset) })
  }

  /** Counted from 1. */
  place(offset: number): { line: number; column: number } {
    const before = this.#text.slice(0, offset).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }

  #expected(what: string): never {
    throw this.syntax(what)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const [found] = pattern.exec(this.#text) ?? []
    if (found !== undefined) this.at += found.length
    return found
  }
}
