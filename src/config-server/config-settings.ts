// Settings of the config server itself, from the running configuration (lwaftr:config-server).
import type { Level } from '../log/log.js'
import type { JsonObject } from '../schema/json-types.js'
import { type DataPath, pathTo } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { defaultOf } from '../schema/walk.js'
import type { Keep } from './store.js'
import { find } from './tree.js'

/** How much the log says. */
export function logLevel(schema: Schema, tree: JsonObject): Level {
  const leaf = schema.roots.get('lwaftr:config-server')?.children.get('log-level')
  if (leaf === undefined) throw new Error('the model has no leaf log-level')
  return (find(tree, pathTo(leaf)) ?? defaultOf(leaf)) as Level
}

/** How much history is kept. */
export function historyBounds(schema: Schema, tree: JsonObject): Keep {
  const number = (name: string) => {
    const leaf = schema.roots.get('lwaftr:config-server')?.children.get('history')?.children.get(name)
    if (leaf === undefined) throw new Error(`the model has no leaf ${name} of history`)
    const path: DataPath = pathTo(leaf)
    return Number(find(tree, path) ?? defaultOf(leaf))
  }
  return { depth: number('depth'), size: number('size') * MEBIBYTE }
}

const MEBIBYTE = 2 ** 20
