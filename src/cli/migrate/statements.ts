/** Text configurations as they stand, without a model: `name argument;` and `name { … }`. */
import type { Lexer } from '../../schema/text-lexer.js'
import { quoteText } from '../../schema/text-writer.js'

export interface Statement {
  readonly name: string
  /** Null where a block follows. */
  readonly argument: string | null
  readonly body: readonly Statement[] | null
  /** Line of the file it was migrated from; what the migration wrote itself has none. */
  readonly line?: number | undefined
}

export function leaf(name: string, argument: string | number | boolean, line?: number): Statement {
  return { name, argument: String(argument), body: null, line }
}

export function block(name: string, body: readonly Statement[], line?: number): Statement {
  return { name, argument: null, body, line }
}

/** Levels of blocks; no model here has half as many. */
const DEEPEST = 32

/** Reads one at a time, as it would be too much for memory to have all of a binding table. */
export class StatementReader {
  #line = 1
  #depth = 0
  #counted = 0

  constructor(readonly lexer: Lexer) {}

  /** The statements of a block, up to its end. `take` answers true for those that it has read itself. */
  block(opened: number | null, take: (name: string) => boolean = () => false): Statement[] {
    const { lexer } = this
    const statements: Statement[] = []
    for (;;) {
      if (lexer.take('}')) {
        if (opened !== null) return statements
        throw lexer.syntax(lexer.at - 1, 'this } closes nothing; remove it')
      }
      if (lexer.atEnd) {
        if (opened === null) return statements
        throw lexer.syntax(opened, 'this block is never closed; add }')
      }
      const start = lexer.at
      const name = lexer.name()
      if (!take(name)) statements.push(this.#rest(name, start, take))
    }
  }

  #rest(name: string, start: number, take: (name: string) => boolean): Statement {
    const line = this.lineOf(start)
    if (this.lexer.take('{')) {
      if (++this.#depth > DEEPEST) throw this.lexer.fail(start, 'too-deep', { limit: DEEPEST })
      const body = this.block(start, take)
      this.#depth--
      return block(name, body, line)
    }
    return leaf(name, this.argument(name), line)
  }

  /** Value and semicolon of the leaf whose name was read. */
  argument(name: string): string {
    const { lexer } = this
    const value = lexer.argument()
    if (value === null) throw lexer.syntax(lexer.at, `${name} needs a value, not ${lexer.shown()}`)
    if (!lexer.take(';')) throw lexer.syntax(lexer.at, `; is expected after ${name}, not ${lexer.shown()}`)
    return value
  }

  /** Line of a byte no earlier than the last one asked for. */
  lineOf(offset: number): number {
    const { source } = this.lexer
    for (
      let at = source.indexOf(10, this.#counted);
      at >= 0 && at < offset;
      at = source.indexOf(10, at + 1)
    ) {
      this.#line++
      this.#counted = at + 1
    }
    return this.#line
  }
}

/** A statement with where it is: those that it stands in, the outermost first. */
export type Lineage = readonly Statement[]

/** The statements as text, and for each line of it the statement that begins there. */
export function writeStatements(statements: readonly Statement[]): { text: string; lines: Lineage[] } {
  const written: string[] = []
  const lines: Lineage[] = []
  const write = (statement: Statement, above: Lineage) => {
    const indent = '  '.repeat(above.length)
    const lineage = [...above, statement]
    lines.push(lineage)
    if (statement.body === null) {
      written.push(`${indent}${statement.name} ${quoteText(statement.argument ?? '')};`)
      return
    }
    written.push(`${indent}${statement.name} {`)
    for (const below of statement.body) write(below, lineage)
    lines.push(lineage)
    written.push(`${indent}}`)
  }
  for (const statement of statements) write(statement, [])
  return { text: `${written.join('\n')}\n`, lines }
}

/** The same without one of them, wherever it is. */
export function without(statements: readonly Statement[], unwanted: Statement): Statement[] {
  return statements
    .filter((one) => one !== unwanted)
    .map((one) => (one.body === null ? one : { ...one, body: without(one.body, unwanted) }))
}
