// A machine of namespaces for one page: its links, processes and the usual places of files are its own and gone with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../src/root.js'
import type { End } from './page.js'

/** Milliseconds a block may take. */
const PATIENCE = 60_000

/** Seconds after which a person interrupts what goes on. */
const INTERRUPT = 1

/** What a fresh machine has: its own /run, /tmp and /etc/lwaftr, a loopback, `lwaftr` on the path. */
const BOOT = `
mount --make-rprivate /
for place in /run /dev/shm /etc/lwaftr /var/lib/lwaftr; do mkdir -p $place && mount -t tmpfs tmpfs $place; done
mkdir -p /run/netns
ip link set lo up
`

/** What counts the lines that a run of all tests reaches, where something does. */
const { NODE_OPTIONS = '', LWAFTR_COUNTED = '' } = process.env
const counting = { NODE_OPTIONS, LWAFTR_COUNTED }

export interface Printed {
  readonly code: number
  readonly output: string
}

export class Machine {
  #output = ''
  #said: () => void = () => {}

  private constructor(
    readonly shell: ReturnType<typeof spawn>,
    readonly home: string,
  ) {
    const take = (text: string) => {
      this.#output += text
      this.#said()
    }
    shell.stdout?.setEncoding('utf8').on('data', take)
    shell.stderr?.setEncoding('utf8').on('data', take)
    shell.on('close', () => this.#said())
  }

  static async boot(): Promise<Machine> {
    const home = mkdtempSync(join(tmpdir(), 'lwaftr-docs-'))
    // A clone's, as far as its reader uses it.
    for (const folder of ['bin', 'examples']) symlinkSync(join(root, folder), join(home, folder))
    const namespaces = ['--mount', '--net', '--pid', '--uts', '--mount-proc', '--fork', '--kill-child']
    const shell = spawn('unshare', [...namespaces, 'bash', '--noprofile', '--norc'], {
      cwd: home,
      env: {
        PATH: `${join(root, 'bin')}:${process.env.PATH}:/usr/sbin:/sbin`,
        HOME: home,
        LC_ALL: 'C.UTF-8',
        LWAFTR: root,
        ...counting,
      },
    })
    const machine = new Machine(shell, home)
    const { code, output } = await machine.type(BOOT)
    if (code !== 0) throw new Error(`the machine does not start: ${output}`)
    return machine
  }

  /** Types commands as a person does, until one fails. Both outputs, as they come. */
  async type(commands: string, how: End = 'well'): Promise<Printed> {
    const mark = `--- end of block ${Math.random().toString(36).slice(2)} `
    this.#output = ''
    // Programs that read their input find an end, not what is typed next.
    const evaluate = `eval ${quoted(commands)} </dev/null`
    const typed: Record<End, string> = {
      well: evaluate,
      refused: `if ${evaluate}; then echo 'it was not refused'; false; fi`,
      'goes on': `timeout ${INTERRUPT} bash -ec ${quoted(commands)} </dev/null || test $? = 124`,
    }
    this.shell.stdin?.write(
      `set -e; trap 'echo "${mark}$?"' EXIT\n${typed[how]}\ntrap - EXIT; set +e; echo "${mark}0"\n`,
    )
    const end = new RegExp(`${mark}(\\d+)\\n`)
    const deadline = Date.now() + PATIENCE
    while (!end.test(this.#output) && this.shell.exitCode === null && Date.now() < deadline)
      await new Promise<void>((resolve) => {
        this.#said = resolve
        setTimeout(resolve, 100)
      })
    const code = end.exec(this.#output)?.[1]
    return { code: code === undefined ? -1 : Number(code), output: this.#output.replace(end, '').trimEnd() }
  }

  /** Everything in it ends. */
  async halt(): Promise<void> {
    if (this.shell.exitCode === null && this.shell.signalCode === null) {
      const closed = once(this.shell, 'exit')
      this.shell.kill('SIGKILL')
      await closed
    }
    rmSync(this.home, { recursive: true, force: true })
  }
}

function quoted(commands: string): string {
  return `'${commands.replaceAll("'", "'\\''")}'`
}
