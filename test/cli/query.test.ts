// lwaftr query, of a relay whose next hop nobody is: it asks for it, and counts that.
import t from 'tap'
import { World } from './relay.js'

t.test('counters of a running relay, from the command line', async (t) => {
  const world = new World(t)
  await world.run()
  const query = (...words: string[]) => world.lwaftr(['query', ...words])

  t.match((await query()).stdout, /^out-arp-request-packets +[1-9]\d*$/m)
  t.notMatch((await query()).stdout, / 0$/m, 'what is zero is left out')
  t.same(await query('in-ipv4-packets'), { code: 0, stdout: 'in-ipv4-packets 0\n', stderr: '' })
  t.same(await query('in-ipv4'), { code: 0, stdout: '', stderr: '' })
  t.same(await query('--all', 'in-arp-*-packets', '--instance', 'link0', '--format', 'json'), {
    code: 0,
    stdout: '{\n  "in-arp-request-packets": 0,\n  "in-arp-reply-packets": 0\n}\n',
    stderr: '',
  })
  t.same(await query('drop-runt', '--format', 'json'), { code: 0, stdout: '{}\n', stderr: '' })
  t.same(await query('in-ipv4-packet'), { code: 0, stdout: '', stderr: '' }, 'a part of a name, not a name')
  t.same(await query('in-ipv4-pakcets'), {
    code: 1,
    stdout: '',
    stderr: 'lwaftr: no counter is named like in-ipv4-pakcets; did you mean in-ipv4-packets?\n',
  })
  t.same(await query('.'), { code: 1, stdout: '', stderr: 'lwaftr: no counter is named like .\n' })
  t.same(await query('--instance', 'link1'), {
    code: 1,
    stdout: '',
    stderr: 'lwaftr: the relay has no instance link1; did you mean link0?\n',
  })
})
