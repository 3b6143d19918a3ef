// What the relay is made of: known by its hash, running nothing of its own at installation, under licences that ours
// may go with, and listed in the bill of materials.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly deprecated?: string
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

const read = <T>(file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as T
const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json')
const locked = Object.entries(packages).filter(([path]) => path !== '')

/** On the machines that lwaftr runs on: Linux with glibc, x64 or arm64. */
function isForUs({ os = ['linux'], cpu = ['x64'], libc = ['glibc'] }: Locked): boolean {
  return os.includes('linux') && libc.includes('glibc') && (cpu.includes('x64') || cpu.includes('arm64'))
}

t.test('every package that can be installed is known by its hash', async (t) => {
  const ours = locked.filter(([, entry]) => isForUs(entry))
  t.ok(ours.length > 300, `${ours.length} packages`)
  for (const [path, { integrity }] of ours) t.match(integrity, /^sha512-/, path)
})

t.test('no package runs a program at installation, and a new one that would is seen', async (t) => {
  const { allowScripts } = read<{ allowScripts: Record<string, boolean> }>('package.json')
  const would = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  const names = would.map(([path]) => path.replace(/^.*node_modules\//, ''))
  t.same(allowScripts, Object.fromEntries(names.map((name) => [name, false])))
})

t.test('the bill of materials lists what the relay runs with, each with hash and licence', async (t) => {
  const script = join(root, 'scripts/package/sbom.mjs')
  const print = () => execFileSync(process.execPath, [script], { cwd: root, encoding: 'utf8' })
  const text = print()
  t.equal(print(), text, 'twice the same')
  const { bomFormat, components } = JSON.parse(text) as {
    bomFormat: string
    components: {
      name: string
      version: string
      purl: string
      hashes?: { alg: string; content: string }[]
      licenses?: { license?: { id?: string }; expression?: string }[]
    }[]
  }
  t.equal(bomFormat, 'CycloneDX')
  const [npm, debian] = ['pkg:npm/', 'pkg:deb/'].map((kind) =>
    components.filter(({ purl }) => purl.startsWith(kind)),
  )
  t.same(
    debian?.map(({ name }) => name),
    ['libyang2', 'libpcap0.8'],
  )
  const listed = new Map(npm?.map((one) => [`${one.name}@${one.version}`, one]))
  const installed = locked.filter(([path, { dev }]) => dev !== true && existsSync(join(root, path)))
  for (const [path, { version, integrity = '' }] of installed) {
    const one = listed.get(`${path.replace(/^.*node_modules\//, '')}@${version}`)
    const hash = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
    t.match(one?.hashes, [{ alg: 'SHA-512', content: hash }], path)
    for (const { license, expression = license?.id } of one?.licenses ?? [{}])
      t.match(expression, /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0)$/, path)
  }
})

t.test('no package is one that its makers have given up', async (t) => {
  const given = locked.filter(([, { deprecated }]) => deprecated !== undefined)
  t.same(
    given.map(([path, { deprecated }]) => `${path}: ${deprecated}`),
    [],
  )
})
