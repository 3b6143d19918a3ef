/** The compiled YANG schema as plain, typed objects. libyang made it once; everybody reads it from here. */
import { type NativeModule, type NativeNode, type NativeType, yangContext } from './native.js'

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
  /** Name of the typedef, where there is one: some have a canonical form of their own (ipv6-address, mac-address). */
  readonly format?: string
  /** Allowed ranges of a number, or of a string's length in characters; decimal text, since uint64 is among them. */
  readonly ranges: readonly (readonly [min: string, max: string])[]
  readonly rangeMessage?: string
  /** What a string must match (or, inverted, must not), with the model's own error-message if it has one. */
  readonly patterns: readonly {
    readonly regex: RegExp
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
  readonly kind: 'container' | 'list' | 'leaf' | 'leaf-list' | 'anydata' | 'rpc' | 'notification'
  readonly config: boolean
  readonly mandatory: boolean
  /** Containers: has a meaning of its own by being there. */
  readonly presence: boolean
  readonly description?: string
  readonly keys: readonly string[]
  /** Lists and leaf-lists of configuration: the order of entries means something (RFC 7950 s7.7.7). */
  readonly userOrdered: boolean
  readonly default?: string
  readonly units?: string
  readonly type?: LeafType
  readonly parent: SchemaNode | null
  /** Data children, choices and cases flattened; by name, or module:name where it differs from the parent's module. */
  readonly children: ReadonlyMap<string, SchemaNode>
  /** The choice that this node is an alternative of, and of which case. */
  readonly choice?: { readonly name: string; readonly case: string; readonly mandatory: boolean }
  /** What NACM denies where no rule says otherwise: writing, or everything (RFC 8341 s3.4.5); inherited from above. */
  readonly defaultDeny?: 'all' | 'write'
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
  readonly notifications: ReadonlyMap<string, SchemaNode>
  readonly modules: ReadonlyMap<string, SchemaModule>
  /** /softwire-config/binding-table/softwire: the list that is kept in records, not in trees. */
  readonly softwires: SchemaNode
}

/** Name of a node as RFC 7951 and `children` have it: bare, or module:name where the parent's module differs. */
export function memberName(node: SchemaNode): string {
  return node.parent?.module === node.module ? node.name : `${node.module}:${node.name}`
}

function toType(native: NativeType): LeafType {
  return {
    base: native.base,
    ...(native.typedef === undefined ? {} : { format: native.typedef }),
    ranges: native.ranges ?? [],
    ...(native.rangeMessage === undefined ? {} : { rangeMessage: native.rangeMessage }),
    patterns: (native.patterns ?? []).map(({ pattern, inverted, message }) => ({
      // YANG's patterns are XSD's: anchored at both ends (RFC 7950 s9.4.5).
      regex: new RegExp(`^(?:${pattern})$`, 'u'),
      inverted,
      ...(message === undefined ? {} : { message }),
    })),
    names: native.names ?? [],
    ...(native.fractionDigits === undefined ? {} : { fractionDigits: native.fractionDigits }),
    members: (native.members ?? []).map(toType),
  }
}

function toNode(native: NativeNode, parent: SchemaNode | null): SchemaNode {
  const children = new Map<string, SchemaNode>()
  const node: SchemaNode = {
    name: native.name,
    module: native.module,
    kind: native.kind,
    config: native.config,
    mandatory: native.mandatory,
    presence: native.presence,
    ...(native.description === undefined ? {} : { description: native.description }),
    keys: native.keys ?? [],
    userOrdered: native.userOrdered,
    ...(native.default === undefined ? {} : { default: native.default }),
    ...(native.units === undefined ? {} : { units: native.units }),
    ...(native.type === undefined ? {} : { type: toType(native.type) }),
    parent,
    children,
    ...(native.choice === undefined ? {} : { choice: native.choice }),
    ...(native.defaultDeny === undefined ? {} : { defaultDeny: native.defaultDeny }),
  }
  for (const child of native.children ?? []) {
    // Input and output of an RPC stand alone in RESTCONF's messages and paths: module:input.
    const made = toNode(child, native.kind === 'rpc' ? null : node)
    children.set(memberName(made), made)
  }
  return node
}

let loaded: Schema | undefined

/** Loads and compiles the modules; once, later calls answer from memory. */
export function loadSchema(): Schema {
  loaded ??= load()
  return loaded
}

function load(): Schema {
  const native = yangContext().schema().modules
  const nodes = (pick: (module: NativeModule) => NativeNode[]) =>
    new Map(native.flatMap(pick).map((node) => [`${node.module}:${node.name}`, toNode(node, null)]))
  const roots = nodes(({ data }) => data)
  const softwires = roots
    .get('snabb-softwire-v3:softwire-config')
    ?.children.get('binding-table')
    ?.children.get('softwire')
  if (softwires === undefined) throw new Error('the model has no binding table')
  return {
    roots,
    rpcs: nodes(({ rpcs }) => rpcs),
    notifications: nodes(({ notifications }) => notifications),
    modules: new Map(
      native.map(({ name, prefix, namespace, revision }) => [
        name,
        { name, prefix, namespace, revision: revision ?? null },
      ]),
    ),
    softwires,
  }
}
