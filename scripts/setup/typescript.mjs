// Compiled files whose source is gone would still be run as tests, or be imported.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const COMPILED = /\.(js|js\.map)$/

/** Removes from dist/ what no TypeScript file stands behind any more. */
export function pruneCompiled(folder = '') {
  const dist = join(root, 'dist', folder)
  if (!existsSync(dist)) return
  for (const entry of readdirSync(dist, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) pruneCompiled(path)
    else if (COMPILED.test(path) && !existsSync(join(root, path.replace(COMPILED, '.ts'))))
      rmSync(join(root, 'dist', path))
  }
}
