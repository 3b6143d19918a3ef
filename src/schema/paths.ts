import type { Schema, SchemaNode } from './schema.js'

/** One step of a path: a node, and for a list entry (or leaf-list value) its canonical keys in key order. */
export interface PathStep {
  readonly node: SchemaNode
  /** Empty for what has no keys, and for a list resource as a whole. */
  readonly keys: readonly string[]
}

/** A path to data; without steps it is the datastore itself. */
export interface DataPath {
  readonly steps: readonly PathStep[]
}

/** Reads either syntax: XPath subset (`/a/b[k=v]`) or RESTCONF api-path (`mod:a/b=v`). Throws LwaftrError. */
export function parsePath(_schema: Schema, _text: string): DataPath {
  throw new Error('not built yet')
}

/** Reads an api-path strictly as RFC 8040 s3.5.3 has it: percent-encoded, module names where they are needed. */
export function parseApiPath(_schema: Schema, _text: string): DataPath {
  throw new Error('not built yet')
}

/** `/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]`: for people. */
export function formatXPath(_path: DataPath): string {
  throw new Error('not built yet')
}

/** `snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,7`: for URLs, percent-encoded. */
export function formatApiPath(_path: DataPath): string {
  throw new Error('not built yet')
}

/** `/snabb-softwire-v3:softwire-config/binding-table/softwire[ipv4='193.5.1.100'][psid='7']`: RFC 7951 s6.11. */
export function formatInstanceIdentifier(_path: DataPath): string {
  throw new Error('not built yet')
}
