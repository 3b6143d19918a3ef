// The `fields` parameter (RFC 8040 s4.8.3): which descendants of the target an answer has.
//
//   fields = path [ "(" fields ")" ] *( ";" fields )        path = name *( "/" name )
import { error } from '../errors.js'
import { childrenOf } from '../schema/lookup.js'
import type { Schema, SchemaNode } from '../schema/schema.js'

/** Selected members, by the name that each has in a tree; null where all of it is selected. */
export type Fields = ReadonlyMap<string, Fields | null>

type Selected = Map<string, Selected | null>

/** Fields of the node, or of the datastore. Names have the form of RFC 8040 s3.5.3: a module where it changes. */
export function parseFields(schema: Schema, node: SchemaNode | null, text: string): Fields {
  const reader = new Reader(schema, text)
  const fields: Selected = new Map()
  reader.expression(node, fields)
  reader.end()
  return fields
}

class Reader {
  readonly #schema: Schema
  readonly #text: string
  #at = 0

  constructor(schema: Schema, text: string) {
    this.#schema = schema
    this.#text = text
  }

  expression(node: SchemaNode | null, into: Selected): void {
    do this.#item(node, into)
    while (this.#take(';'))
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#wrong(`; or the end is expected at ${this.#rest()}`)
  }

  #item(above: SchemaNode | null, into: Selected): void {
    let node = above
    let fields = into
    for (;;) {
      const [name, child] = this.#child(node)
      const further = this.#take('/')
      const inner = !further && this.#take('(')
      if (!further && !inner) {
        fields.set(name, null)
        return
      }
      const known = fields.get(name)
      // What is selected as a whole stays so; what is said further of it must still be right.
      const below: Selected = known ?? new Map()
      if (known === undefined) fields.set(name, below)
      node = child
      fields = below
      if (further) continue
      this.expression(node, fields)
      if (!this.#take(')')) throw this.#wrong(`) is expected at ${this.#rest()}`)
      return
    }
  }

  /** A child, and how a tree calls it. */
  #child(node: SchemaNode | null): [string, SchemaNode] {
    const name = /^[^/;()]*/.exec(this.#text.slice(this.#at))?.[0] ?? ''
    if (name === '') throw this.#wrong(`a name is expected at ${this.#rest()}`)
    this.#at += name.length
    const children = childrenOf(this.#schema, node)
    for (const candidate of [name, bare(name, node)]) {
      const child = children.get(candidate)
      if (child) return [candidate, child]
    }
    throw this.#wrong(`${node?.name ?? 'the datastore'} has no ${name}`)
  }

  #take(character: string): boolean {
    const there = this.#text[this.#at] === character
    if (there) this.#at++
    return there
  }

  #rest(): string {
    const rest = this.#text.slice(this.#at, this.#at + 20)
    return rest === '' ? 'the end' : rest
  }

  #wrong(problem: string): Error {
    return error('bad-query', { name: 'fields', problem })
  }
}

/** A name may have its module also where that is the parent's. */
function bare(name: string, parent: SchemaNode | null): string {
  const module = `${parent?.module}:`
  return name.startsWith(module) ? name.slice(module.length) : name
}
