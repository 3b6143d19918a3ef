// Where node-gyp finds Node's headers without downloading them.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The installation prefix, when it holds the headers of exactly this Node. */
function prefixWithHeaders() {
  const prefix = dirname(dirname(process.execPath))
  const header = join(prefix, 'include/node/node_version.h')
  if (!existsSync(header)) return null
  const text = readFileSync(header, 'utf8')
  const part = (name) => text.match(new RegExp(`#define NODE_${name}_VERSION (\\d+)`))?.[1]
  const version = `${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`
  return version === process.versions.node ? prefix : null
}

/** Environment for node-gyp; empty where it has to fetch the headers itself. */
export function headersEnvironment() {
  const prefix = prefixWithHeaders()
  return prefix === null ? {} : { npm_config_nodedir: prefix }
}
