// What a package of the relay is made from, besides its own sources.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackagesInstalled } from '../setup/npm-packages.mjs'
import { root } from '../setup/run.mjs'

/** The npm packages that the relay runs with on machines like this one. Optional ones that are for others are absent. */
export function productionPackages() {
  if (!npmPackagesInstalled()) throw new Error("npm packages are missing here: run 'npm run setup' first")
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(root, path)))
    .map(([path, { version }]) => ({ path, name: path.replace(/^.*node_modules\//, ''), version }))
}

/** When the sources were last changed, in seconds since 1970: two builds of one commit are the same. */
export function epoch() {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim()
}
