// A machine for what only a whole one shows: systemd as process 1 in namespaces of its own, over a copy of this
// system's files that is forgotten with it. It has no network but what is made in it. It ends with the test, however
// that ends: the kernel kills process 1, and with it everything.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** $1: an empty directory. Nothing of this system is started but systemd itself. */
const BOOT = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for place in run tmp dev; do mount -t tmpfs tmpfs $place; done
mkdir dev/shm dev/net
mount -t tmpfs tmpfs dev/shm
for device in null zero full random urandom tty net/tun; do
  touch dev/$device
  [ ! -e /dev/$device ] || mount --bind /dev/$device dev/$device
done
touch dev/console
ln -s /proc/self/fd dev/fd
rm -rf etc/systemd/system/*.wants
printf '[Unit]\\nRequires=sysinit.target\\nAllowIsolate=yes\\n' > etc/systemd/system/lwaftr-test.target
exec env -i container=lwaftr-test PATH="$PATH" unshare --root=. /lib/systemd/systemd --unit=lwaftr-test.target
`
/** Milliseconds that systemd may take. */
const PATIENCE = 60_000

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export class Machine {
  private constructor(
    /** Its process 1, as this system sees it. */
    private readonly init: number,
  ) {}

  /** Why there can be none here, or null. */
  static obstacle(): string | null {
    if (process.getuid?.() !== 0) return 'only root can boot a machine'
    if (spawnSync('/lib/systemd/systemd', ['--version']).status !== 0) return 'systemd is not installed'
    return null
  }

  /** Null where systemd does not boot in namespaces. */
  static async boot(t: Test): Promise<Machine | null> {
    const directory = mkdtempSync(join(tmpdir(), 'lwaftr-machine-'))
    const namespaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child']
    const words = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', BOOT, 'boot', directory]
    const outer = spawn('setpriv', words, { stdio: 'ignore' })
    t.teardown(async () => {
      outer.kill('SIGKILL')
      while (outer.exitCode === null && outer.signalCode === null) await sleep(10)
      rmSync(directory, { recursive: true, force: true })
    })
    for (const deadline = Date.now() + PATIENCE; Date.now() < deadline && outer.exitCode === null; ) {
      await sleep(100)
      const init = Number(readChildren(outer.pid).split(' ')[0])
      const machine = new Machine(init)
      if (init > 0 && machine.run('systemctl', 'is-active', 'lwaftr-test.target').status === 0) return machine
    }
    return null
  }

  /** Runs a program in it, to its end. */
  run(program: string, ...args: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync('nsenter', this.#inside(program, args), { encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  /** As run(), without waiting for it. */
  start(program: string, ...args: string[]) {
    return spawn('nsenter', this.#inside(program, args), { stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Where this system sees a file of it. */
  path(file: string): string {
    return join(`/proc/${this.init}/root`, file)
  }

  /** A directory of it that is there for whoever looks. */
  directory(path: string): string {
    mkdirSync(this.path(path), { recursive: true })
    return this.path(path)
  }

  #inside(program: string, args: string[]): string[] {
    // What watches a test's own processes has no business in there.
    const clean = ['env', '-u', 'NODE_OPTIONS', program, ...args]
    return ['--target', String(this.init), '--all', '--root', '--wdns=/', ...clean]
  }
}

function readChildren(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  } catch {
    return ''
  }
}
