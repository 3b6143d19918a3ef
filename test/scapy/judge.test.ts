import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

/** Debian's python3, since that is the one Debian's python3-scapy is for. */
function python(script: string, ...args: string[]) {
  return spawnSync('/usr/bin/python3', [join(root, script), ...args], { encoding: 'utf8' })
}

const scapy = spawnSync('/usr/bin/python3', ['-c', 'import scapy']).status === 0
const skip = scapy ? false : 'python3-scapy is not installed'

t.test(
  'scapy sends what the relay sends, for random packets over random configurations',
  { skip },
  async (t) => {
    const { status, stdout, stderr } = python(
      'test/scapy/judge.py',
      join(root, 'bin/lwaftr'),
      '--packets',
      '1500',
      '--seed',
      '1',
    )
    t.equal(status, 0, stdout + stderr)
    t.match(stdout, /^1500 packets in, \d+ frames out: scapy agrees/)
  },
)

t.test('the golden cases are what their tables say', { skip }, async (t) => {
  const { status, stdout, stderr } = python('test/golden/build/build.py', '--check')
  t.equal(status, 0, stdout + stderr)
})
