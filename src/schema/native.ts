/** The addon `yang` (native/yang) as TypeScript sees it; the only place that loads it. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../root.js'
import type { BaseType } from './schema.js'

export interface NativeType {
  base: BaseType
  typedef?: string
  ranges?: [string, string][]
  rangeMessage?: string
  patterns?: { pattern: string; inverted: boolean; message?: string }[]
  names?: string[]
  fractionDigits?: number
  members?: NativeType[]
}

export interface NativeNode {
  name: string
  module: string
  kind: 'container' | 'list' | 'leaf' | 'leaf-list' | 'anydata' | 'rpc' | 'notification'
  config: boolean
  mandatory: boolean
  presence: boolean
  userOrdered: boolean
  description?: string
  keys?: string[]
  default?: string
  units?: string
  type?: NativeType
  choice?: { name: string; case: string; mandatory: boolean }
  defaultDeny?: 'all' | 'write'
  children?: NativeNode[]
}

export interface NativeModule {
  name: string
  prefix: string
  namespace: string
  revision?: string
  data: NativeNode[]
  rpcs: NativeNode[]
  notifications: NativeNode[]
}

/** One of libyang's errors. */
export interface YangError {
  code: 'syntax' | 'reference' | 'data' | 'other'
  message: string
  appTag?: string
  /** Instance-identifier, where the data is known. */
  path?: string
  /** Path in the schema, where only that is known: what is missing has no instance. */
  schemaPath?: string
  /** Line of the source, counted from 1. */
  line?: number
}

export interface ConvertOptions {
  from: 'json' | 'xml'
  to: 'json' | 'xml'
  /** Instance-identifier of the node that the data are children of. Implies `incomplete`. */
  parent?: string
  /** The data are an RPC: its name, with what is in its input below. */
  operation?: boolean
  /** State data are errors. */
  configOnly?: boolean
  /** Types and structure only: no must, mandatory or unique. */
  incomplete?: boolean
  pretty?: boolean
  /** with-defaults of RFC 6243; `explicit` when absent. */
  defaults?: 'report-all' | 'trim' | 'explicit'
}

export interface NativeContext {
  /** The newest revision found, with those features and no others. */
  load(module: string, features?: readonly string[]): void
  /** JSON of ietf-yang-library (RFC 8525) without datastores; its content-id is "0", locations are of files. */
  library(): string
  /** YANG text of a loaded module or submodule of exactly that revision (absent: the newest); null for any other. */
  source(name: string, revision?: string): string | null
  schema(): { modules: NativeModule[] }
  convert(
    data: string,
    options: ConvertOptions,
  ): { data: string; errors?: undefined } | { data?: undefined; errors: YangError[] }
}

/** Softwires that stand one behind another in text. */
export interface PlainSoftwires {
  /** Those of softwire-record.ts. */
  records: Uint8Array
  /** Of each one's first byte. */
  offsets: Uint32Array
  /** Offset behind the last one. */
  end: number
}

interface Addon {
  Context: new (searchDirectory: string) => NativeContext
  readSoftwires(text: Buffer, at: number): PlainSoftwires
}

const addon = createRequire(import.meta.url)(join(root, 'build/Release/yang.node')) as Addon

/**
 * The fast path for softwires in text: straight from bytes to records, as many as follow one another from `at` on. It
 * takes what is written plainly (no quotes, dotted IPv6 or surprises) and sound; at anything else it stops in front of
 * the entry, and the ordinary reader takes that one, or says what is wrong with it.
 */
export function readPlainSoftwires(text: Buffer, at: number): PlainSoftwires {
  return addon.readSoftwires(text, at)
}

/**
 * What is implemented, with its features; libyang itself brings ietf-yang-library, ietf-datastores and a few it cannot
 * do without.
 */
const modules: Readonly<Record<string, readonly string[]>> = {
  'snabb-softwire-v3': [],
  'ietf-alarms': ['alarm-history', 'alarm-shelving', 'alarm-summary'],
  lwaftr: [],
  'lwaftr-deviations': [],
  'ietf-netconf-acm': [],
  'ietf-restconf-monitoring': [],
  'ietf-origin': [],
  'ietf-system-capabilities': [],
  'ietf-list-pagination': [],
}

let context: NativeContext | undefined

/** A context of its own, which finds modules in that directory. */
export function newContext(directory: string): NativeContext {
  return new addon.Context(directory)
}

/** The one libyang context of this process, with the modules that this relay implements. */
export function yangContext(): NativeContext {
  if (context === undefined) {
    context = newContext(join(root, 'yang'))
    for (const [module, features] of Object.entries(modules)) context.load(module, features)
  }
  return context
}
