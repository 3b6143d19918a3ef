/** Which modules libyang has loaded (RFC 8525), and their YANG text. */
import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from './json-types.js'
import { yangContext } from './native.js'
import { isObject } from './shape.js'

/** Of a module or submodule; `revision` is '' where it has none. */
export type Locate = (name: string, revision: string) => string

/**
 * The trees of ietf-yang-library: `yang-library`, whose one schema is that of all `datastores` (identities, such as
 * `ietf-datastores:running`), and the deprecated `modules-state`. Their identifiers are a hash of what they say.
 */
export function describeLibrary(datastores: readonly string[], locate: Locate): JsonObject {
  const native = JSON.parse(yangContext().library()) as JsonObject
  const { 'module-set': sets, schema } = member(native, 'ietf-yang-library:yang-library')
  const library = {
    'module-set': objects(sets).map(({ name, ...kinds }) => ({
      name: name ?? '',
      ...Object.fromEntries(Object.entries(kinds).map(([kind, modules]) => [kind, located(modules, locate)])),
    })),
    schema: schema ?? [],
    datastore: datastores.map((name) => ({ name, schema: objects(schema)[0]?.name ?? '' })),
  }
  const { module } = member(native, 'ietf-yang-library:modules-state')
  const state = { module: located(module, locate, 'schema') }
  return {
    'ietf-yang-library:yang-library': { ...library, 'content-id': identifier(library) },
    'ietf-yang-library:modules-state': { 'module-set-id': identifier(state), ...state },
  }
}

/** The text of `name@revision`, or of the newest `name`, if it is loaded. */
export function yangSource(module: string): string | null {
  const [name = '', revision] = module.split('@')
  return yangContext().source(name, revision)
}

/** Modules or submodules by name, each with the place of its text. */
function located(modules: JsonValue | undefined, locate: Locate, leaf = 'location'): JsonObject[] {
  return objects(modules)
    .map(({ submodule, ...module }): JsonObject => {
      const place = locate(String(module.name), String(module.revision ?? ''))
      return {
        ...module,
        [leaf]: leaf === 'location' ? [place] : place,
        ...(submodule === undefined ? {} : { submodule: located(submodule, locate, leaf) }),
      }
    })
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

function order({ name, revision }: JsonObject): string {
  return `${name}@${revision ?? ''}`
}

/** Locations are no part of what makes two libraries different. */
function identifier(value: JsonObject): string {
  const text = JSON.stringify(value, (name, member) => (name === 'location' ? undefined : member))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function member(tree: JsonObject, name: string): JsonObject {
  const value = tree[name]
  return isObject(value) ? value : {}
}

function objects(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}
