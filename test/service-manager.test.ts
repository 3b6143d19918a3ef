import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { native } from '../src/dataplane/native.js'
import { ServiceManager } from '../src/service-manager.js'

/** A service manager that listens on `socket`, and what it is told. */
function told(env: NodeJS.ProcessEnv, problem: string | null = null) {
  const messages: string[] = []
  const warnings: string[] = []
  const notify = (socket: string, message: string) => {
    messages.push(`${socket} ${message}`)
    return problem
  }
  return { manager: ServiceManager.of(env, notify, (text) => warnings.push(text)), messages, warnings }
}

async function until(condition: () => boolean) {
  while (!condition()) await sleep(5)
}

t.test('a relay that no service manager started tells nobody', async (t) => {
  const { manager, messages } = told({ WATCHDOG_USEC: '3000' })
  manager.ready('forwards')
  manager.reloading()
  manager.watch(async () => void t.fail('nobody asks'))
  manager.stopping()
  t.same(messages, [])
})

t.test('readiness, a reload and the end are told to the socket, and no worker inherits it', async (t) => {
  const env = { NOTIFY_SOCKET: '@lwaftr', WATCHDOG_USEC: '9000000', WATCHDOG_PID: '1', PATH: '/bin' }
  const { manager, messages } = told(env)
  t.same(env, { PATH: '/bin' })
  manager.ready('lw1 forwards')
  manager.reloading()
  manager.stopping()
  t.match(messages, [
    '@lwaftr READY=1\nSTATUS=lw1 forwards',
    /^@lwaftr RELOADING=1\nMONOTONIC_USEC=\d+$/,
    '@lwaftr STOPPING=1',
  ])
})

t.test('a service manager that is gone is a warning, not the end', async (t) => {
  const { manager, warnings } = told({ NOTIFY_SOCKET: '/none' }, 'Connection refused')
  manager.ready('lw1 forwards')
  t.same(warnings, ['cannot tell the service manager: Connection refused'])
})

t.test('the watchdog hears of a relay that answers, and not of one that does not', async (t) => {
  const { manager, messages, warnings } = told({ NOTIFY_SOCKET: '@lwaftr', WATCHDOG_USEC: '30000' })
  const pings = () => messages.filter((message) => message === '@lwaftr WATCHDOG=1').length
  let answers: () => Promise<void> = async () => {}
  manager.watch(() => answers())
  await until(() => pings() >= 3)

  answers = async () => {
    throw new Error('status 503')
  }
  await until(() => warnings.length > 0)
  const before = pings()
  await until(() => warnings.length > 3)
  t.equal(pings(), before)
  t.equal(warnings[0], 'the relay does not answer itself: status 503')

  let asked = 0
  answers = () => {
    asked++
    return new Promise(() => {})
  }
  await until(() => asked > 0)
  await sleep(100)
  t.equal(asked, 1, 'one that hangs is not asked again')
  t.equal(pings(), before)
  manager.stopping()
})

t.test('the watchdog of another process is not fed', async (t) => {
  const env = { NOTIFY_SOCKET: '@lwaftr', WATCHDOG_USEC: '3000', WATCHDOG_PID: '1' }
  const { manager } = told(env)
  manager.watch(async () => void t.fail('it is not ours'))
})

/** Prints one datagram that comes to the socket. */
const LISTENER = `
import socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print('listening', flush=True)
print(s.recv(4096).decode())
`

t.test('a message is one datagram, to a path and to an abstract name', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-notify-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  for (const socket of [join(directory, 'notify'), `@lwaftr-notify-${process.pid}`]) {
    const listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => listener.kill('SIGKILL'))
    let heard = ''
    listener.stdout.on('data', (text) => {
      heard += text
    })
    await until(() => heard === 'listening\n' || listener.exitCode !== null)
    t.equal(native.notify(socket, 'READY=1\nSTATUS=ü'), null)
    await once(listener, 'close')
    t.equal(heard, 'listening\nREADY=1\nSTATUS=ü\n')
  }
  t.equal(native.notify(join(directory, 'none'), 'READY=1'), 'No such file or directory')
  t.equal(native.notify(`/${'x'.repeat(108)}`, 'READY=1'), 'Invalid argument')
  t.equal(native.notify('', 'READY=1'), 'Invalid argument')
})
