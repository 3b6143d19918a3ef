// lwaftr edit, and how edits say what they changed and where their input is wrong. The editor is sed, which never tires.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { configuration, entry, LIST, text, World } from './relay.js'

const EXTERNAL = '/softwire-config/external-interface'
const MTU = `${EXTERNAL}/mtu`

/** A program on a terminal of its own; each question is waited for before it is answered. */
async function onTerminal(
  world: World,
  words: string,
  editor: string,
  dialogue: readonly [string, string][],
) {
  const command = `${join(root, 'bin/lwaftr')} ${words}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...world.environment, VISUAL: '', EDITOR: editor, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  const questions = [...dialogue]
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece
    const [question, answer] = questions[0] ?? []
    if (question === undefined || !shown.slice(asked).includes(question)) return
    asked = shown.length
    questions.shift()
    child.stdin.write(`${answer}\r`)
  })
  let asked = 0
  await once(child, 'close')
  return { code: child.exitCode, shown: shown.replaceAll('\r', ''), unasked: questions.length }
}

t.test('the configuration in an editor', async (t) => {
  const world = new World(t)
  await world.run()
  const edit = (editor: string, ...words: string[]) =>
    world.lwaftr(['edit', ...words], '', { VISUAL: '', EDITOR: editor })
  const value = async (path: string) => (await world.lwaftr(['get-config', path])).stdout

  t.same(await edit('true'), { code: 0, stdout: '', stderr: 'lwaftr: nothing changed\n' })
  await world.lwaftr(['set-config', MTU, '1500'])
  const changed = `- ${MTU} 1500\n+ ${MTU} 1480\n`
  t.same(await edit('sed -i s/1500/1480/', '--dry-run'), { code: 0, stdout: '', stderr: changed })
  t.same(await edit('sed -i s/1500/1480/', '--comment', 'ticket 4711'), {
    code: 0,
    stdout: '',
    stderr: `${changed}lwaftr: committed as revision 3\n`,
  })
  t.match((await world.lwaftr(['history'])).stdout, /^3 .*\(ticket 4711\)\n/)
  t.match(await edit('sed -i s/b4::1/b4::7/', entry(1)), { code: 0 })
  t.equal(await value(`${entry(1)}/b4-ipv6`), '2001:db8:b4::7\n', 'a softwire by itself')

  const wrong = await edit('sed -i s/1480/149x/', EXTERNAL)
  t.equal(wrong.code, 1)
  const [, file = ''] = /your text is in (\S+)/.exec(wrong.stderr) ?? []
  t.match(wrong.stderr, new RegExp(`^lwaftr: ${file}:1:5: mtu: "149x" is not a number`, 'm'))
  t.equal(readFileSync(file, 'utf8'), 'mtu 149x;\n', 'the text is not lost')
  rmSync(dirname(file), { recursive: true })
  t.match(await edit('false'), { code: 1, stderr: /false ended with 1; nothing was changed/ })
  const nothing = await edit('echo "mtu 1540;" >', '--dry-run', '/softwire-config/internal-interface')
  t.equal(
    nothing.stderr,
    '+ /softwire-config/internal-interface/mtu 1540\n',
    'what is not there is an empty text',
  )

  // The editor is somebody else, too: they change the same, or something else, while the text is open.
  const others = (path: string, number: number) =>
    `${join(root, 'bin/lwaftr')} set-config --quiet ${path} ${number}; sed -i s/14.0/1495/`
  t.match(
    await edit(others('/softwire-config/internal-interface/mtu', 1540), EXTERNAL),
    { code: 0 },
    'elsewhere',
  )
  t.equal(await value(MTU), '1495\n')
  await world.lwaftr(['set-config', MTU, '1480'])
  const late = await edit(others(`${EXTERNAL}/mru`, 1600), EXTERNAL)
  t.match(late, { code: 1, stderr: /the configuration was changed meanwhile/ })
  t.equal(await value(MTU), '1480\n', 'nothing of theirs is overwritten')
  rmSync(dirname(/your text is in (\S+)/.exec(late.stderr)?.[1] ?? '/nowhere/x'), { recursive: true })

  const merged = await onTerminal(world, `edit ${EXTERNAL}`, others(`${EXTERNAL}/mru`, 1610), [
    ['commit this?', 'y'],
    ['comment', 'on top'],
    ['my changes on top of that', 'm'],
    ['commit this?', 'y'],
    ['comment', 'on top'],
  ])
  t.match(merged, { code: 0, unasked: 0 }, merged.shown)
  t.ok(merged.shown.includes(`+ ${EXTERNAL}/mru 1610`), 'what others did is shown')
  t.equal(await value(MTU), '1495\n')
  t.equal(await value(`${EXTERNAL}/mru`), '1610\n')

  const broken = 'sh -c \'grep -q oops "$0" && sed -i s/oops/1501/ "$0" || sed -i s/1495/oops/ "$0"\''
  const mended = await onTerminal(world, `edit ${EXTERNAL}`, broken, [
    ['edit again', 'e'],
    ['commit this?', 'q'],
  ])
  t.match(mended, { code: 1, unasked: 0 }, mended.shown)
  t.match(mended.shown, /:1:5: mtu: "oops" is not a number.*\n {2}mtu oops;\n {6}\^\n/)
  t.match(mended.shown, /nothing was committed/)
  const kept = /your text is in (\S+)/.exec(mended.shown)?.[1] ?? ''
  t.ok(existsSync(kept))
  rmSync(dirname(kept), { recursive: true })
})

/** The configuration with so many more softwires. */
function withSoftwires(count: number): string {
  const many = Array.from({ length: count }, (_, i) => {
    const address = `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
    return `softwire { ipv4 ${address}; psid 0; b4-ipv6 2001:db8::${i.toString(16)}; br-address 2001:db8:ff::1; port-set { psid-length 0; } }`
  })
  return configuration.replace('binding-table {', `binding-table {\n${many.join('\n')}`)
}

t.test('many softwires stay out of the editor', async (t) => {
  const world = new World(t)
  world.file('relay.conf', withSoftwires(1001))
  await world.run()
  const ended = await world.lwaftr(['edit', '--dry-run'], '', {
    EDITOR: `sh -c '! grep -q psid "$0" && sed -i "s/softwire-config {/& external-interface { mtu 1500; }/" "$0"'`,
  })
  t.same(ended, {
    code: 0,
    stdout: '',
    stderr: `lwaftr: there are more than 1000 softwires; they are not part of the text\n+ ${MTU} 1500\n`,
  })
})

t.test('edits show what they changed', async (t) => {
  const world = new World(t)
  await world.run()
  t.same(await world.lwaftr(['set-config', MTU, '1500']), { code: 0, stdout: '', stderr: `+ ${MTU} 1500\n` })
  t.same(await world.lwaftr(['set-config', MTU, '1500']), {
    code: 0,
    stdout: '',
    stderr: 'lwaftr: nothing changed\n',
  })
  t.same(await world.lwaftr(['set-config', MTU, '1400', '--quiet']), { code: 0, stdout: '', stderr: '' })
  t.match(await world.lwaftr(['add-config', LIST, text(2)]), {
    stderr: `+ ${entry(2)}/ipv4 193.5.1.100\n+ ${entry(2)}/psid 2\n`,
  })
  const added = Array.from({ length: 9 }, (_, i) => text(i + 3)).join(' ')
  const { stderr } = await world.lwaftr(['add-config', LIST, added])
  t.match(stderr, /^(\+ .*\n){20}lwaftr: and more; lwaftr compare 4 prints all of it\n$/)
  t.match(await world.lwaftr(['load-config', world.conf]), { code: 0, stderr: /^- .*mtu 1400\n/ })
  t.match(await world.lwaftr(['rollback', '2']), { code: 0, stderr: `+ ${MTU} 1500\n` })

  t.match(
    await world.lwaftr(['load-config', world.file('many.conf', withSoftwires(10_001))]),
    { code: 0, stderr: /^lwaftr: .*create 10002 softwires.*; lwaftr compare 7 prints all of it\n$/ },
    'to compare very many takes time that nobody asked for',
  )

  const bad = world.file('bad.conf', 'softwire-config {\n\tinstance { devce eth0; }\n}\n')
  const message = `${bad}:2:13: unknown node devce in /softwire-config/instance; did you mean device?`
  t.same(
    await world.lwaftr(['load-config', bad]),
    { code: 1, stdout: '', stderr: `lwaftr: ${message}\n` },
    'one line',
  )
  for (const words of [`load-config ${bad}`, `check ${bad} a b c d`]) {
    const { code, shown } = await onTerminal(world, words, '', [])
    t.same(
      { code, shown },
      {
        code: 1,
        shown: `lwaftr: ${message}\n      instance { devce eth0; }\n                 ^\n`,
      },
      'the place, to people',
    )
  }
})
