// What a shell offers while somebody types: commands and options as they are, paths of the model, entries of the relay.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { answer } from '../../src/cli/commands/complete.js'
import { readLine } from '../../src/cli/complete/shell-line.js'
import { loadProgram } from '../../src/cli/main.js'
import { root } from '../../src/root.js'
import { entry, LIST, text, World } from './relay.js'

t.test('a line is read as a shell reads it', async (t) => {
  for (const [line, words, current, quote] of [
    ['lwaftr get-config ', ['lwaftr', 'get-config'], '', ''],
    ["lwaftr get-config '/a[b=", ['lwaftr', 'get-config'], '/a[b=', "'"],
    ['lwaftr x "a b" c\\ d', ['lwaftr', 'x', 'a b'], 'c d', ''],
    ['false || lwaftr /a\\[b', ['lwaftr'], '/a[b', ''],
    ["lwaftr '' \"it's", ['lwaftr', ''], "it's", '"'],
    ['', [], '', ''],
  ] as const)
    t.match(readLine(line), { words, current, quote }, line)
})

const ESCAPED = entry(1).replaceAll(/[[\]]/g, '\\$&')

t.test('of a running relay', async (t) => {
  const world = new World(t)
  await world.run()
  t.match(await world.lwaftr(['add-config', LIST, text(2)]), { code: 0 })
  process.env.LWAFTR_RUN_DIR = world.environment.LWAFTR_RUN_DIR
  t.teardown(() => delete process.env.LWAFTR_RUN_DIR)
  const complete = async (line: string) => {
    const [how, ...candidates] = (await answer(loadProgram, 'bash', [line])).trimEnd().split('\n')
    return { how, candidates }
  }
  for (const [line, candidates, how = ''] of [
    ['lwaftr get-', ['get-config', 'get-state']],
    ['lwaftr help und', ['undrain']],
    ['lwaftr __c', []],
    ['lwaftr get-config --form', ['--format']],
    ['lwaftr get-config --format x', ['xml', 'xpath']],
    ['lwaftr get-config --format=x', ['xml', 'xpath']],
    ['lwaftr get-config --name ', [world.name]],
    ['lwaftr config get-s', ['get-state']],
    ['lwaftr config get ', [world.name]],
    ['lwaftr query --instance ', ['link0']],
    ['lwaftr rollback ', ['2', '1']],
    ['lwaftr load-config ', [], 'files'],
    ['lwaftr run --conf ', [], 'files'],
    ['lwaftr get-config ', ['/softwire-config/', '/alarms/', '/config-server/', '/nacm/'], 'nospace'],
    ['lwaftr get-config /softwire-config/bind', ['/softwire-config/binding-table/'], 'nospace'],
    ['lwaftr get-config /softwire-s', []],
    ['lwaftr get-state /softwire-s', ['/softwire-state/'], 'nospace'],
    [`lwaftr get-config ${LIST}`, [LIST, ESCAPED, ESCAPED.replace('psid=1', 'psid=2')]],
    [`lwaftr get-config '${LIST}[`, [entry(1), entry(2)], 'nospace'],
    [`lwaftr get-config '${LIST}[ipv4=193.5.1.100][psid=2`, [entry(2)], 'nospace'],
    [`lwaftr get-config '${LIST}[ipv4=193.6`, []],
    [`lwaftr get-config ${LIST}=193.`, ['193.5.1.100,1', '193.5.1.100,2'], 'nospace'],
    [`lwaftr remove-config '${entry(2)}/b4`, [`${entry(2)}/b4-ipv6`]],
    [
      "lwaftr get-config '/softwire-config/instance[device=l",
      ['/softwire-config/instance[device=link0]'],
      'nospace',
    ],
    ['lwaftr set-config /softwire-config/internal-interface/hairpinning ', ['true', 'false']],
    ['lwaftr get-config /nowhere/', []],
    [`lwaftr get-config --name nobody ${LIST}`, [LIST], ''],
  ] as [string, string[], string?][])
    t.same(await complete(line), { how, candidates }, line)

  const bash = `
    export PATH=${join(root, 'bin')}:$PATH
    source <(lwaftr completion bash)
    compopt() { echo "compopt $*"; }
    COMP_LINE="lwaftr get-config '${LIST}[ipv4=193.5.1.100][psid=2" COMP_POINT=\${#COMP_LINE}
    _lwaftr lwaftr && printf '%s\\n' "\${COMPREPLY[@]}"`
  t.match(spawnSync('bash', ['-c', bash], { env: world.environment, encoding: 'utf8' }), {
    stdout: `compopt -o nospace\n${entry(2)}\n`,
    stderr: '',
  })

  const skip = spawnSync('zsh', ['--version']).error ? 'no zsh here' : false
  await t.test('somebody types in zsh and presses Tab', { skip }, async (t) => {
    const script = [join(root, 'test/cli/press-tab.zsh'), join(root, 'bin')]
    const how = { env: world.environment, encoding: 'utf8', timeout: 60_000 } as const
    const { stdout, stderr } = spawnSync('zsh', ['-f', ...script], how)
    t.ok(stdout.includes('binding-table/softwire'), stdout + stderr)
  })
})
