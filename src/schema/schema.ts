/** The compiled YANG schema as plain, typed objects. libyang made it once; everybody reads it from here. */

export type BaseType =
  | 'binary'
  | 'bits'
  | 'boolean'
  | 'decimal64'
  | 'empty'
  | 'enumeration'
  | 'identityref'
  | 'instance-identifier'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'leafref'
  | 'string'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'union'

export interface LeafType {
  readonly base: BaseType
  /** Typedefs with a canonical form of their own: ipv4-address, ipv6-address, hex-string (MACs), date-and-time. */
  readonly format?: string
  /** Allowed ranges of a number, or of a string's length in characters; decimal text, since uint64 is among them. */
  readonly ranges: readonly (readonly [min: string, max: string])[]
  /** XSD regular expressions (anchored at both ends), with the model's own error-message if it has one. */
  readonly patterns: readonly {
    readonly pattern: string
    readonly inverted: boolean
    readonly message?: string
  }[]
  /** Names of an enumeration, bits or identities (module:name). */
  readonly names: readonly string[]
  readonly fractionDigits?: number
  /** Members of a union. */
  readonly members: readonly LeafType[]
}

export interface SchemaNode {
  readonly name: string
  readonly module: string
  readonly kind: 'container' | 'list' | 'leaf' | 'leaf-list' | 'rpc' | 'notification'
  readonly config: boolean
  readonly mandatory: boolean
  /** Containers: has a meaning of its own by being there. */
  readonly presence: boolean
  readonly description?: string
  readonly keys: readonly string[]
  readonly default?: string
  readonly units?: string
  readonly type?: LeafType
  readonly parent: SchemaNode | null
  /** Data children, choices and cases flattened; by name, or module:name where it differs from the parent's module. */
  readonly children: ReadonlyMap<string, SchemaNode>
  /** The choice that this node is an alternative of, and of which case. */
  readonly choice?: { readonly name: string; readonly case: string; readonly mandatory: boolean }
}

export interface SchemaModule {
  readonly name: string
  readonly prefix: string
  readonly namespace: string
  readonly revision: string | null
}

export interface Schema {
  /** Top-level data nodes by module:name. */
  readonly roots: ReadonlyMap<string, SchemaNode>
  readonly rpcs: ReadonlyMap<string, SchemaNode>
  readonly modules: ReadonlyMap<string, SchemaModule>
  /** /softwire-config/binding-table/softwire: the list that is kept in records, not in trees. */
  readonly softwires: SchemaNode
}

/** Name of a node as RFC 7951 and `children` have it: bare, or module:name where the parent's module differs. */
export function memberName(node: SchemaNode): string {
  return node.parent?.module === node.module ? node.name : `${node.module}:${node.name}`
}

/** Loads and compiles the modules; once, later calls answer from memory. */
export function loadSchema(): Schema {
  throw new Error('not built yet')
}
