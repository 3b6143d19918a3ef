/** Names inside values: XML gives them prefixes that the document declares, JSON the names of modules (RFC 7951 s6.11). */

import type { LeafType, Schema } from './schema.js'
import { namespaceOf, type XmlElement } from './xml-elements.js'

/** A path whose names have their module only where it changes, or one in which each name says its own. */
type NamedType = 'path' | 'xpath' | 'identity'

/** What names are in values of the type; undefined for none. */
export function namesIn(type: LeafType): NamedType | undefined {
  if (type.base === 'identityref') return 'identity'
  if (type.base === 'instance-identifier' || type.format === 'node-instance-identifier') return 'path'
  if (type.format === 'xpath1.0') return 'xpath'
  // What else a union may hold has no names, and is left as it is.
  return type.members.map(namesIn).find((kind) => kind !== undefined)
}

/** A value that has names, from XML to JSON. */
export function namesFromXml(schema: Schema, kind: NamedType, element: XmlElement, text: string): string {
  const module = (prefix: string) => {
    const namespace = namespaceOf(element, prefix)
    return [...schema.modules.values()].find((known) => known.namespace === namespace)?.name
  }
  if (kind === 'identity') {
    const trimmed = text.trim()
    const colon = trimmed.indexOf(':')
    const name = module(colon < 0 ? '' : trimmed.slice(0, colon))
    return name === undefined ? trimmed : `${name}:${trimmed.slice(colon + 1)}`
  }
  const named = text.replace(PREFIXED, (all, prefix?: string) =>
    prefix === undefined ? all : `${module(prefix) ?? prefix}:`,
  )
  return kind === 'path' ? shortened(named) : named
}

/** The same value as XML has it, and the namespaces to declare around it, by prefix: a module's name is its prefix. */
export function namesToXml(
  schema: Schema,
  kind: NamedType,
  value: string,
): { text: string; namespaces: ReadonlyMap<string, string> } {
  const text = kind === 'path' ? qualified(value) : value
  const namespaces = new Map<string, string>()
  for (const [, prefix] of text.matchAll(kind === 'identity' ? /^([^:]+):/g : PREFIXED)) {
    const namespace = prefix === undefined ? undefined : schema.modules.get(prefix)?.namespace
    if (prefix !== undefined && namespace !== undefined) namespaces.set(prefix, namespace)
  }
  return { text, namespaces }
}

/** Strings, which are passed over, and prefixes. */
const PREFIXED = /"[^"]*"|'[^']*'|(?<![\w.:-])([A-Za-z_][\w.-]*):(?=[A-Za-z_*])/g

/** Strings, which are passed over, and the names of steps and keys. */
const NAMES = /"[^"]*"|'[^']*'|([/[])\s*(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/g

function qualified(path: string): string {
  let current = ''
  return path.replace(NAMES, (all, before?: string, module?: string, name?: string) => {
    if (before === undefined) return all
    const own = module ?? current
    if (before === '/') current = own
    return own === '' ? all : `${before}${own}:${name}`
  })
}

function shortened(path: string): string {
  let current = ''
  return path.replace(NAMES, (all, before?: string, module?: string, name?: string) => {
    if (before === undefined || module === undefined) return all
    const same = module === current
    if (before === '/') current = module
    return same ? `${before}${name}` : all
  })
}
