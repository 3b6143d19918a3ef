// What a package of the relay is made from, besides its own sources.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/run.mjs'

/** The npm packages that the relay runs with on machines like this one. Some are there for others, and not installed. */
export function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(root, path)))
    .map(([path, { version }]) => ({ path, name: path.replace(/^.*node_modules\//, ''), version }))
}

/** When the sources were last changed, in seconds since 1970: two builds of one commit are the same. */
export function epoch() {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim()
}
