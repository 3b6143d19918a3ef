// `lwaftr lab` as a user starts and ends it, one way or another: nothing stays behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { folderOf, idIn } from '../../src/lab/owner.js'
import { processesOf } from '../../src/lab/sweep.js'
import { root } from '../../src/root.js'
import { skip } from './helper.js'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function startLab(...args: string[]): { child: ChildProcess; ended: Promise<Ended>; said: () => string } {
  const child = spawn(process.execPath, [join(root, 'bin/lwaftr'), 'lab', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  )
  return { child, ended, said: () => stdout }
}

async function until(condition: () => boolean, patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50))
    if (condition()) return true
  return condition()
}

/** Everything on this machine that carries the run's id. */
function leftOf(id: number): string[] {
  const names = ['/run/netns', '/sys/class/net', '/dev/shm']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
  const left = names.filter((name) => idIn(name.replace('lwaftr-lab-', 'lab-')) === id)
  return [...left, ...processesOf(id).map(String), ...(existsSync(folderOf(id)) ? [folderOf(id)] : [])]
}

t.test('without privileges the lab shows its pings on in-memory devices', async (t) => {
  const { child, ended } = startLab('--once', '--memory', '--listen', '127.0.0.1:0')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0, stderr)
  t.match(stdout, 'in-memory devices')
  t.match(stdout, /ok {4}softwire: subscriber → internet/)
  t.match(stdout, /ok {4}passthru: route reflector → switch/)
  t.notMatch(stdout, 'FAIL')
  t.ok(await until(() => leftOf(child.pid ?? 0).length === 0, 60_000), leftOf(child.pid ?? 0).join(' '))
})

t.test('the lab shows its pings and removes itself', { skip }, async (t) => {
  const { child, ended } = startLab('--once', '--listen', '127.0.0.1:0')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0, stderr)
  t.equal(stdout.match(/^ok {4}/gm)?.length, 8, stdout)
  t.ok(await until(() => leftOf(child.pid ?? 0).length === 0, 60_000), leftOf(child.pid ?? 0).join(' '))
})

/** Ends of the lab, and what it has said by then: in the middle of the show, and at rest. */
const ENDS = [
  ['SIGINT', 'Ctrl-C'],
  ['SIGTERM', 'softwire: subscriber'],
  ['SIGKILL', 'softwire: internet'],
] as const

for (const [signal, moment] of ENDS) {
  t.test(`${signal} to the lab leaves nothing behind`, { skip }, async (t) => {
    const { child, ended, said } = startLab('--listen', '127.0.0.1:0')
    const id = child.pid ?? 0
    t.ok(await until(() => said().includes(moment), 60_000), said())
    t.ok(leftOf(id).length > 5)
    child.kill(signal)
    const { code, stdout } = await ended
    t.equal(code, signal === 'SIGKILL' ? null : 0)
    if (signal === 'SIGINT') t.match(stdout, /^RESTCONF: http:\/\/127\.0\.0\.1:\d+\/restconf$/m)
    t.ok(await until(() => leftOf(id).length === 0, 60_000), leftOf(id).join(' '))
  })
}
