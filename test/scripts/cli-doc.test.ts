// The reference of the command line and its manual pages: made from the commands, and as they are now.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

const MAN = join(root, 'docs/man')

t.test('the reference is up to date', async (t) => {
  const script = join(root, 'scripts/cli-doc.mjs')
  t.match(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' }), { status: 0, stderr: '' })
})

t.test('every command has an example', async (t) => {
  const sections = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8').split(/^## /m)
  t.ok(sections.length > 30)
  for (const section of sections.slice(2)) {
    const name = section.split('\n', 1)[0] ?? ''
    // Those below a command are in its example.
    if (!name.includes(' ')) t.match(section, /```sh\n(.*\n)*?.*lwaftr /, name)
  }
})

const skip = spawnSync('groff', ['--version']).error ? 'no groff here' : false
t.test('manual pages are set without a complaint', { skip }, async (t) => {
  const pages = readdirSync(MAN).map((page) => join(MAN, page))
  const options = ['-k', '-man', '-Tutf8', '-ww', '-P-cbou', '-rLL=80n']
  const shown = spawnSync('groff', [...options, ...pages], { encoding: 'utf8' })
  t.match(shown, { status: 0, stderr: '' })
  t.match(shown.stdout, /^NAME\n {7}lwaftr-top - show what the relay does on a live screen$/m)
  t.match(
    shown.stdout,
    /^ {7}lwaftr get-config --format json '\/softwire-config\/binding-table\/softwire\[ipv4=/m,
  )
})
