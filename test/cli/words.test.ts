// Words that a command cannot take, and what it says of them; secrets, read from stdin, and their hashes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

function lwaftr(words: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/lwaftr'), words, { encoding: 'utf8', input })
  return { code: status, stdout, stderr }
}

for (const [words, message] of [
  [
    'compare --lines 100001',
    "option '--lines <number>' argument '100001' is invalid. It must be a whole number from 0 to 100000.",
  ],
  ['doctor --cpu 2-', "option '--cpu <list>' argument '2-' is invalid. It is not a list such as 2,4-7."],
  ['hash-password', 'the password is empty'],
] as const)
  t.test(`lwaftr ${words}`, async (t) => {
    t.same(lwaftr(words.split(' ')), { code: 2, stdout: '', stderr: `lwaftr: ${message}\n` })
  })

t.test('a token has the hash that a bearer of it is known by; without one there is a new one', async (t) => {
  const hashOf = (token: string) => `${createHash('sha256').update(token).digest('hex')}\n`
  t.same(lwaftr(['hash-password', '--token'], 'open sesame\nnot this\n'), {
    code: 0,
    stdout: hashOf('open sesame'),
    stderr: '',
  })
  const made = lwaftr(['hash-password', '--token'])
  const token = /^token: (\S{32,})\n$/.exec(made.stderr)?.[1] ?? ''
  t.same(made, { code: 0, stdout: hashOf(token), stderr: `token: ${token}\n` })
})
