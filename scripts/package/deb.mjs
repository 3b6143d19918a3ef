// npm run package:deb: a Debian package for this architecture, of what is built here and the npm packages of
// package-lock.json.
//
//   node scripts/package/deb.mjs [--output DIR] [--version VERSION] [--fast]     --fast: compressed little
//
//   /usr/bin/lwaftr                        link to the next
//   /usr/lib/lwaftr                        the package as npm has it, with its addons built
//   /lib/systemd/system/lwaftr@.service
//   /etc/lwaftr, /etc/default/lwaftr       the operator's
//   /usr/share/doc/lwaftr                  README, docs, examples
//   /usr/share/man, …/bash-completion, …/zsh
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { root } from '../setup/run.mjs'
import { epoch, productionPackages } from './contents.mjs'
import { sbom } from './sbom.mjs'

const { values: options } = parseArgs({
  options: {
    output: { type: 'string', default: '.' },
    version: { type: 'string' },
    fast: { type: 'boolean', default: false },
  },
})
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const version = options.version ?? manifest.version
const PROGRAM = 'usr/lib/lwaftr'
const DOCS = 'usr/share/doc/lwaftr'
const MANUAL = 'usr/share/man/man1'
const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/lwaftr',
  zsh: 'usr/share/zsh/vendor-completions/_lwaftr',
}
/** Files of the npm package that only its installation needs, or that Debian keeps elsewhere. */
const LEFT_OUT = /^(native|scripts|binding\.gyp|docs|examples)/

const stage = mkdtempSync(join(tmpdir(), 'lwaftr-deb-'))
try {
  lay(stage)
  const name = `lwaftr_${version}_${architecture()}.deb`
  const file = resolve(options.output, name)
  execFileSync(
    'dpkg-deb',
    [
      '--root-owner-group',
      options.fast ? '-Zgzip' : '-Zxz',
      ...(options.fast ? ['-z1'] : []),
      '--build',
      join(stage, 'tree'),
      file,
    ],
    {
      env: { ...process.env, SOURCE_DATE_EPOCH: epoch() },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  process.stdout.write(`${file}\n`)
} finally {
  rmSync(stage, { recursive: true })
}

/** Lays the tree of the package. */
function lay(stage) {
  const at = (...names) => join(stage, 'tree', ...names)
  const into = (directory, ...sources) => {
    mkdirSync(at(directory), { recursive: true })
    for (const source of sources) copy(source, at(directory, source.split('/').at(-1)))
  }
  for (const path of ['bin', ...manifest.files].filter((path) => !LEFT_OUT.test(path)))
    copy(path, at(PROGRAM, path))
  for (const { path } of productionPackages()) copy(path, at(PROGRAM, path), notNested)
  for (const addon of addons()) copy(addon, at(PROGRAM, addon))
  // The Node.js that Debian answers for, whatever else is on somebody's PATH.
  const program = at(PROGRAM, 'bin/lwaftr')
  writeFileSync(program, readFileSync(program, 'utf8').replace(/^#!.*/, '#!/usr/bin/node'))
  writeFileSync(at(PROGRAM, 'package.json'), `${JSON.stringify(installed(), null, 2)}\n`)

  mkdirSync(at('usr/bin'), { recursive: true })
  symlinkSync('../lib/lwaftr/bin/lwaftr', at('usr/bin/lwaftr'))
  into(DOCS, 'README.md', 'docs', 'examples')
  layManual(at)
  for (const [shell, file] of Object.entries(COMPLETIONS)) {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), execFileSync(join(root, 'bin/lwaftr'), ['completion', shell]))
  }
  copy('LICENSE', at(DOCS, 'copyright'))
  writeFileSync(at(DOCS, 'lwaftr.cdx.json'), sbom())
  // `lwaftr lab` runs them.
  symlinkSync(`../../share/doc/lwaftr/examples`, at(PROGRAM, 'examples'))
  into('lib/systemd/system', 'packaging/lwaftr@.service')
  mkdirSync(at('etc/lwaftr'), { recursive: true })
  mkdirSync(at('etc/default'), { recursive: true })
  copy('packaging/debian/default', at('etc/default/lwaftr'))
  into('DEBIAN', 'packaging/debian/postinst', 'packaging/debian/prerm', 'packaging/debian/postrm')
  writeFileSync(at('DEBIAN/conffiles'), '/etc/default/lwaftr\n')
  const size = execFileSync('du', ['-sk', '--apparent-size', at('usr')], { encoding: 'utf8' }).split('\t')[0]
  writeFileSync(at('DEBIAN/control'), control(size, libraries(stage, addons())))
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', join(stage, 'tree')])
}

/** Manual pages where man(1) looks for them, as Debian compresses them. */
function layManual(at) {
  mkdirSync(at(MANUAL), { recursive: true })
  for (const name of readdirSync(at(DOCS, 'docs/man')))
    writeFileSync(at(MANUAL, `${name}.gz`), gzipSync(readFileSync(at(DOCS, 'docs/man', name)), { level: 9 }))
  rmSync(at(DOCS, 'docs/man'), { recursive: true })
}

function copy(source, target, filter = () => true) {
  const from = join(root, source)
  cpSync(from, target, { recursive: true, filter: (path) => filter(path.slice(from.length)) })
}

/** Packages inside a package are in the lock file by themselves. */
function notNested(path) {
  return !path.startsWith('/node_modules')
}

function addons() {
  const names = readdirSync(join(root, 'build/Release')).filter((name) => name.endsWith('.node'))
  if (names.length === 0) throw new Error("nothing is built here: run 'npm run setup' first")
  return names.sort().map((name) => `build/Release/${name}`)
}

function installed() {
  const { name, description, license, type, engines, os, bin, dependencies } = manifest
  return { name, version, description, license, type, engines, os, bin, dependencies }
}

function architecture() {
  return execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim()
}

/** Debian packages of the shared libraries that the addons are linked with. */
function libraries(stage, addons) {
  // It wants to be in a source package.
  mkdirSync(join(stage, 'debian'))
  writeFileSync(join(stage, 'debian/control'), 'Source: lwaftr\n\nPackage: lwaftr\nArchitecture: any\n')
  const words = ['-O', '--ignore-missing-info', ...addons.map((addon) => `-e${join(root, addon)}`)]
  const said = execFileSync('dpkg-shlibdeps', words, {
    cwd: stage,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return said.trim().replace(/^shlibs:Depends=/, '')
}

function control(size, libraries) {
  return `Package: lwaftr
Version: ${version}
Architecture: ${architecture()}
Maintainer: lwaftr maintainers <maintainers@lwaftr.invalid>
Installed-Size: ${size}
Depends: nodejs (>= 20.15), adduser, procps, ${libraries}
Suggests: bird2 | frr | exabgp
Section: net
Priority: optional
Description: lightweight 4over6 border relay (RFC 7596)
 Subscribers on an IPv6-only network share public IPv4 addresses, each within
 its own ports. The relay carries their packets between the IPv6 tunnels of
 their B4s and the IPv4 internet, and is configured live through YANG: by
 RESTCONF, by a command line, by a text file.
`
}
