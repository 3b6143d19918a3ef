// npm run sbom: what the relay is made of, as CycloneDX 1.5: the npm packages that it runs with, by their hashes, and
// the Debian packages whose libraries its addons are linked with. The same bytes for the same commit.
//
//   node scripts/package/sbom.mjs > lwaftr.cdx.json
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../setup/run.mjs'
import { epoch, productionPackages } from './contents.mjs'

/** Libraries of binding.gyp, and what Debian 12 calls the packages that have them. */
const LIBRARIES = ['libyang2', 'libpcap0.8']

export function sbom() {
  // All of it, of which we choose: with --omit=dev npm 11 leaves out what the relay and a tool for development share.
  const bom = JSON.parse(run('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx']))
  const self = bom.metadata.component['bom-ref']
  const kept = new Set([self, ...productionPackages().map((one) => `${one.name}@${one.version}`)])
  bom.components = bom.components.filter((one) => kept.has(one['bom-ref']))
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }))
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // npm numbers every document anew, and calls the package by the folder of the checkout.
  delete bom.serialNumber
  bom.metadata.timestamp = new Date(Number(epoch()) * 1000).toISOString()
  Object.assign(bom.metadata.component, { type: 'application', name, version })
  const libraries = LIBRARIES.map(library)
  bom.components.push(...libraries)
  bom.dependencies.find(({ ref }) => ref === self).dependsOn.push(...libraries.map((one) => one['bom-ref']))
  return `${JSON.stringify(bom, null, 2)}\n`
}

function library(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = ['--showformat', '${Version} ${Architecture}', '--show', name]
  const [version, architecture] = run('dpkg-query', format).split(' ')
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`
  return { 'bom-ref': purl, type: 'library', name, version, scope: 'required', purl }
}

function run(program, words) {
  return execFileSync(program, words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(sbom())
