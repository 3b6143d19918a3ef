// Whose a name is: what decides about removing it.
import t from 'tap'
import { claim, folderOf, idIn, isOwned, linkOf, nameOfRelay, namespaceOf } from '../../src/lab/owner.js'
import { sweep } from '../../src/lab/sweep.js'

t.test('every name of a run says whose it is', async (t) => {
  const names = [namespaceOf(4711, 'switch'), linkOf(4711, 'link'), nameOfRelay(4711), 'lwaftr-lab-4711']
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
