// `lwaftr b4` as a program: what it refuses, and that it ends when told to.
import { type ExecFileException, execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { Sandbox } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'

const skip = (await obstacleToNamespaces()) ?? false
const softwire = ['--tun', 'tun0', '--local', '2001:db8::2', '--br', '2001:db8::1']

function b4(...words: string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'bin/lwaftr'), 'b4', ...words], (problem, _out, stderr) => {
      const code = (problem as ExecFileException | null)?.code ?? 0
      resolve({ code: Number(code), stderr })
    })
  })
}

for (const [title, words, message] of [
  ['no addresses', ['--tun', 'tun0'], /--local/],
  ['an IPv4 address as the border relay', [...softwire, '--br', '192.0.2.1'], /not an IPv6 address/],
  [
    'a PSID that its length cannot hold',
    [...softwire, '--psid', '4', '--psid-length', '2'],
    /less than 2\^2/,
  ],
  ['more than 16 bits', [...softwire, '--psid-length', '12', '--reserved-ports-bit-count', '6'], /exceed 16/],
  ['both ways at once', [...softwire, '--transparent', '--public-ipv4', '192.0.2.1'], /exclude each other/],
] as const) {
  t.test(`wrong usage: ${title}`, async (t) => {
    const { code, stderr } = await b4(...words)
    t.equal(code, 2)
    t.match(stderr, message)
    t.equal(stderr.trim().split('\n').length, 1, 'one line')
  })
}

t.test('it says when it is ready, and takes its TUN along when it ends', { skip }, async (t) => {
  const sandbox = await Sandbox.open()
  t.teardown(() => sandbox.close())
  const host = await sandbox.namespace('b4')
  await host.ip('addr add 2001:db8::2/64 dev lo nodad')
  await host.ip('-6 route add 2001:db8::1/128 dev lo')
  const napt = ['--public-ipv4', '193.5.1.101', '--psid', '7', '--psid-length', '6']
  const b4 = host.spawn(
    process.execPath,
    [join(root, 'dist/src/cli/start.js'), 'b4', ...softwire, '--address', '192.168.1.1', ...napt],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [ready] = await new Promise<[string]>((resolve) =>
    b4.stdout?.once('data', (data) => resolve([`${data}`])),
  )
  t.match(ready, /^lwaftr b4 ready: tun0 to 2001:db8::1 as 193.5.1.101 with 1024 ports\n$/)
  t.match((await host.ip('-4 addr show tun0')).stdout, /192\.168\.1\.1/)
  b4.kill('SIGTERM')
  t.equal(await new Promise((resolve) => b4.once('exit', resolve)), 0)
  t.notMatch((await host.ip('link')).stdout, 'tun0')
})
