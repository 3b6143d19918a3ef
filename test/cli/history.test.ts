import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { configuration, entry, LIST, text, World } from './relay.js'

t.test('commits of a running relay, from the command line', async (t) => {
  const world = new World(t)
  await world.run()
  const ok = async (words: string[], input?: string) => {
    const result = await world.lwaftr(words, input)
    t.match(result, { code: 0 }, `${words.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  const mtu = '/softwire-config/external-interface/mtu'

  t.equal(await ok(['set-config', mtu, '1500', '--dry-run']), `+ ${mtu} 1500\n`)
  t.equal(await ok(['get-config', mtu]), '1460\n', 'that was only said')
  await ok(['set-config', mtu, '1500', '--comment', 'ticket 4711'])
  await ok(['add-config', LIST, text(2)])
  await ok(['set-config', `${entry(2)}/b4-ipv6`, '2001:db8::2'])
  t.equal(
    await ok(['compare']),
    `- ${entry(2)}/b4-ipv6 2001:db8:b4::2\n+ ${entry(2)}/b4-ipv6 2001:db8::2\n`,
    'what the last commit did',
  )
  t.match(await ok(['compare', '1']), new RegExp(`^\\+ ${mtu} 1500\n`))
  t.equal(await ok(['compare', '2', '1']), `- ${mtu} 1500\n`)
  const lines = (await ok(['history'])).trimEnd().split('\n')
  t.equal(lines.length, 4)
  t.match(lines[0], /^4 \S+ local restconf: replace 1 softwire$/)
  t.match(lines[2], /^2 \S+ local restconf: create \S+external-interface \(ticket 4711\)$/)
  t.match(JSON.parse(await ok(['history', '--format', 'json'])), {
    'lwaftr:history': { commit: [{ revision: '4' }, {}, { comment: 'ticket 4711' }] },
  })

  t.equal(await ok(['rollback', '1', '--dry-run']), await ok(['compare', '4', '1']))
  await ok(['rollback', '1'])
  t.equal(await ok(['get-config']), configuration)
  t.match(await world.lwaftr(['rollback', '99']), {
    code: 1,
    stderr: /revision 99 cannot be had back; those from 0 to 5 can/,
  })
  t.match(await world.lwaftr(['rollback', 'x']), { code: 2, stderr: /not a revision/ })

  await ok(['remove-config', entry(1), '--confirm', '600'])
  t.match(await world.lwaftr(['add-config', LIST, text(2)]), {
    code: 1,
    stderr: /a confirmed commit of local is pending/,
  })
  t.match(
    (await world.lwaftr(['history'])).stderr,
    /waits to be confirmed until .*; else revision 5 comes back/,
  )
  await ok(['confirm'])
  t.match(await world.lwaftr(['confirm']), { code: 1, stderr: /no confirmed commit is pending/ })
  const file = world.file('whole.conf', configuration)
  t.match(await ok(['validate', file]), new RegExp(`^\\+ ${entry(1).replaceAll(/[[\]]/g, '\\$&')}/ipv4 193`))
  for (const option of ['--persist', '--persist-id'])
    t.match(await world.lwaftr(['set-config', mtu, '1400', option, 'tok']), {
      code: 2,
      stderr: /need --confirm/,
    })
  const before = await ok(['get-config'])
  const confirmed = (value: string) => ['set-config', mtu, value, '--confirm', '600']
  await ok([...confirmed('1400'), '--persist', 'tok'])
  t.match(await world.lwaftr(confirmed('1300')), { code: 1, stderr: /persist-id/ }, 'without the token')
  await ok([...confirmed('1300'), '--persist', 'new', '--persist-id', 'tok'])
  t.equal(await ok(['get-config', mtu]), '1300\n')
  await ok(['cancel', '--persist-id', 'new'])
  t.equal(await ok(['get-config']), before, 'both were taken back')

  await ok(['load-config', file, '--confirm', '600', '--comment', 'as it was'])
  t.equal(await ok(['get-config']), configuration)
  await ok(['cancel'])
  t.notMatch(await ok(['get-config']), /193\.5\.1\.100/)
  await ok(['load-config', file, '--confirm', '4'])
  t.equal(await ok(['get-config', `${entry(1)}/psid`]), '1\n')
  let code: number | null = 0
  for (const end = Date.now() + 20_000; code === 0 && Date.now() < end; await sleep(200))
    code = (await world.lwaftr(['get-config', entry(1)])).code
  t.equal(code, 1, 'nobody confirmed it')
  t.match(
    await world.lwaftr(['validate', world.file('bad.conf', configuration.replace('psid 1;', 'psid 77;'))]),
    { code: 1, stderr: /bad\.conf:/ },
  )
})
