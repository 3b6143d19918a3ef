// Whose a name is: what decides about removing it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { claim, folderOf, idIn, isOwned, linkOf, nameOfRelay, namespaceOf } from '../../src/lab/owner.js'
import { processesOf, sweep } from '../../src/lab/sweep.js'
import { eventually } from '../dataplane/helper.js'

t.test('every name of a run says whose it is', async (t) => {
  const relays = [nameOfRelay(4711), nameOfRelay(4711, 2), `lwaftr-${nameOfRelay(4711, 2)}`]
  const names = [namespaceOf(4711, 'switch'), linkOf(4711, 'link'), 'lwaftr-lab-4711', ...relays]
  for (const name of names) t.equal(idIn(name), 4711, name)
})

t.test('other names belong to no run', async (t) => {
  for (const name of ['eth0', 'lwaftr', 'lwaftr-one', 'lwan0', 'lw', 'xlw1-link', 'lab-one'])
    t.equal(idIn(name), null, name)
})

t.test('an interface name fits the kernel, whatever the process id', async (t) => {
  t.ok(linkOf(4194304, 'link0').length <= 15)
})

t.test('a run is owned as long as the process that claimed it lives', async (t) => {
  const id = claim()
  t.teardown(() => sweep(id))
  t.ok(isOwned(id))
  t.notOk(isOwned(2 ** 22 + 1), 'no such process')
  t.match(folderOf(id), `lwaftr-lab-${process.pid}`)
})

t.test('a test that is killed leaves neither its workers nor their memory', async (t) => {
  const program = fileURLToPath(new URL('doomed.js', import.meta.url))
  const doomed = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(doomed.stdout, 'data')
  const { paths, worker } = JSON.parse(String(said)) as { paths: string[]; worker: number }
  const run = doomed.pid ?? 0
  for (const path of paths) t.ok(existsSync(path), path)
  t.ok(processesOf(run).includes(worker))
  doomed.kill('SIGKILL')
  t.ok(await eventually(() => !paths.some(existsSync), 30_000), 'no folder, no shared memory')
  t.same(processesOf(run), [], 'no worker')
})
