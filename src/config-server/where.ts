// The `where` parameter of list pagination: which entries of a list an answer has. A subset of XPath 1.0, seen from
// one entry, that can be told in a line:
//
//   leaf = 'text'   leaf < 7   starts-with(leaf, 'text')   contains(leaf, 'text')   leaf   not(…)   … and …   … or …
//
// A leaf is a name, or a path through containers; `.` is the value of a leaf-list's entry.
import { error } from '../errors.js'
import type { JsonValue } from '../schema/json-types.js'
import type { SchemaNode } from '../schema/schema.js'
import { BadValue, valueFromText, valueToText } from '../schema/values.js'
import { type LeafPath, leafPath } from './leaf-path.js'

/** How leaves of an entry are read; `equals` where there is a quicker way than to make text of them. */
export interface EntryReader<E> {
  read(path: LeafPath): (entry: E) => JsonValue | undefined
  equals?(path: LeafPath, value: string): ((entry: E) => boolean) | undefined
}

export type Condition = <E>(reader: EntryReader<E>) => (entry: E) => boolean

type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
type Operand =
  | { readonly kind: 'leaf'; readonly path: LeafPath }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }

/** Parentheses within parentheses; more are nobody's. */
const DEPTH = 16

/** The condition on entries of the list, or values of the leaf-list. Throws LwaftrError. */
export function parseWhere(node: SchemaNode, text: string): Condition {
  const parser = new Parser(node, text)
  const condition = parser.either()
  parser.end()
  return condition
}

class Parser {
  readonly #node: SchemaNode
  readonly #tokens: readonly string[]
  #at = 0
  #depth = 0

  constructor(node: SchemaNode, text: string) {
    this.#node = node
    this.#tokens = tokensOf(text)
  }

  either(): Condition {
    if (++this.#depth > DEPTH) throw wrong(`it nests deeper than ${DEPTH} levels`)
    let condition = this.#both()
    while (this.#take('or')) condition = joined(condition, this.#both(), (one, other) => one || other())
    this.#depth--
    return condition
  }

  end(): void {
    if (this.#next !== undefined) throw wrong(`and, or or the end is expected, not ${this.#next}`)
  }

  #both(): Condition {
    let condition = this.#one()
    while (this.#take('and')) condition = joined(condition, this.#one(), (one, other) => one && other())
    return condition
  }

  #one(): Condition {
    if (this.#take('(')) return this.#closed(this.either())
    if (this.#isCall('not')) {
      const inner = this.#closed(this.either())
      return (reader) => {
        const holds = inner(reader)
        return (entry) => !holds(entry)
      }
    }
    if (this.#isCall('starts-with')) return this.#textTest((value, text) => value.startsWith(text))
    if (this.#isCall('contains')) return this.#textTest((value, text) => value.includes(text))
    const left = this.#operand()
    const operator = this.#comparison()
    if (operator) return comparison(left, operator, this.#operand())
    if (left.kind !== 'leaf') throw wrong('a comparison is expected')
    return (reader) => {
      const read = reader.read(left.path)
      return (entry) => read(entry) !== undefined
    }
  }

  #textTest(test: (value: string, text: string) => boolean): Condition {
    const leaf = this.#operand()
    if (leaf.kind !== 'leaf' || !this.#take(',')) throw wrong('a leaf and a text are expected in parentheses')
    const text = this.#operand()
    if (text.kind !== 'text') throw wrong('a text in quotes is expected')
    return this.#closed((reader) => {
      const read = reader.read(leaf.path)
      return (entry) => test(textOf(read(entry)) ?? '', text.value)
    })
  }

  #operand(): Operand {
    const token = this.#next
    if (token === undefined) throw wrong('it ends too early')
    if (/^['"]/.test(token)) {
      this.#at++
      return { kind: 'text', value: token.slice(1, -1) }
    }
    if (/^[\d.]*\d/.test(token)) {
      this.#at++
      return { kind: 'number', value: Number(token) }
    }
    return { kind: 'leaf', path: this.#path() }
  }

  #path(): LeafPath {
    let path = ''
    for (;;) {
      const name = this.#next ?? 'the end'
      if (!/^[A-Za-z_.]/.test(name)) throw wrong(`a leaf is expected, not ${name}`)
      this.#at++
      if (this.#next === '(')
        throw wrong(`the function ${name} is not known; there are not, starts-with, contains`)
      path += name
      if (!this.#take('/')) break
      path += '/'
    }
    return leafPath(this.#node, path, 'where')
  }

  #comparison(): Comparison | undefined {
    const operators: readonly Comparison[] = ['=', '!=', '<', '<=', '>', '>=']
    const operator = operators.find((candidate) => candidate === this.#next)
    if (operator) this.#at++
    return operator
  }

  #isCall(name: string): boolean {
    if (this.#next !== name || this.#tokens[this.#at + 1] !== '(') return false
    this.#at += 2
    return true
  }

  #closed(condition: Condition): Condition {
    if (!this.#take(')')) throw wrong(`) is expected, not ${this.#next ?? 'the end'}`)
    return condition
  }

  #take(token: string): boolean {
    if (this.#next !== token) return false
    this.#at++
    return true
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at]
  }
}

function tokensOf(text: string): string[] {
  const token =
    /\s*('[^']*'|"[^"]*"|[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?|\d+(?:\.\d*)?|\.\d+|[!<>]=|[=<>(),/.])/y
  const tokens: string[] = []
  for (let at = 0; /\S/.test(text.slice(at)); at = token.lastIndex) {
    token.lastIndex = at
    const [, found] = token.exec(text) ?? []
    if (found === undefined) throw wrong(`cannot read ${text.slice(at, at + 20).trim()}`)
    tokens.push(found)
  }
  return tokens
}

function joined(
  one: Condition,
  other: Condition,
  join: (one: boolean, other: () => boolean) => boolean,
): Condition {
  return (reader) => {
    const first = one(reader)
    const second = other(reader)
    return (entry) => join(first(entry), () => second(entry))
  }
}

/** XPath 1.0 s3.4: numbers where one is asked for or the order matters, text otherwise; nothing equals what is absent. */
function comparison(left: Operand, operator: Comparison, right: Operand): Condition {
  if (left.kind !== 'leaf' && right.kind !== 'leaf') throw wrong('a leaf is expected in a comparison')
  const equality = operator === '=' || operator === '!='
  const numeric = left.kind === 'number' || right.kind === 'number' || !equality
  return (reader) => {
    const [leaf, text] = left.kind === 'leaf' ? [left, right] : [right, left]
    if (operator === '=' && leaf.kind === 'leaf' && text.kind === 'text') {
      const value = canonical(leaf.path, text.value)
      const quick = reader.equals?.(leaf.path, value)
      if (quick) return quick
    }
    const one = readerOf(left, right, reader)
    const other = readerOf(right, left, reader)
    return (entry) => {
      const a = one(entry)
      const b = other(entry)
      if (a === undefined || b === undefined) return false
      return numeric ? compare(Number(a), operator, Number(b)) : compare(a, operator, b)
    }
  }
}

function readerOf<E>(
  operand: Operand,
  other: Operand,
  reader: EntryReader<E>,
): (entry: E) => string | undefined {
  if (operand.kind === 'leaf') {
    const read = reader.read(operand.path)
    return (entry) => textOf(read(entry))
  }
  const text = other.kind === 'leaf' ? canonical(other.path, String(operand.value)) : String(operand.value)
  return () => text
}

/** Values are canonical; what is compared with one is made so, where it can be. */
function canonical({ leaf: { type } }: LeafPath, text: string): string {
  try {
    return type ? valueToText(valueFromText(type, text)) : text
  } catch (problem) {
    if (problem instanceof BadValue) return text
    throw problem
  }
}

function compare<T extends string | number>(a: T, operator: Comparison, b: T): boolean {
  switch (operator) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return value === undefined ? undefined : valueToText(value)
}

function wrong(problem: string): Error {
  return error('bad-page', { name: 'where', problem })
}
