/** The model as a whole: no node, type, default or key changes by accident, and every counter has its leaf. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { loadSchema, memberName, type SchemaNode } from '../../src/schema/schema.js'

const schema = loadSchema()

/** What can be configured, and its state; ietf.test.ts has the other modules. */
const roots = [...schema.roots.values()].filter(({ module }) =>
  ['snabb-softwire-v3', 'lwaftr', 'ietf-netconf-acm'].includes(module),
)

/** One node a line: path, rw or ro, type with its range, what is special about it. */
function* describe(node: SchemaNode, above: string): Generator<string> {
  const path = `${above}/${node.parent === null ? node.name : memberName(node)}`
  const { type } = node
  const words = [
    path,
    node.config ? 'rw' : 'ro',
    ...(type === undefined ? [node.kind] : [type.format ?? type.base]),
    ...(type?.ranges.map(([min, max]) => `${min}..${max}`) ?? []),
    ...(type === undefined || type.names.length === 0 ? [] : [type.names.join('|')]),
    ...(node.keys.length > 0 ? [`[${node.keys}]`] : []),
    ...(node.default === undefined ? [] : [`=${node.default}`]),
    ...(node.mandatory && node.kind !== 'container' ? ['mandatory'] : []),
    ...(node.presence ? ['presence'] : []),
    ...(node.choice === undefined
      ? []
      : [`${node.choice.mandatory ? 'one of ' : ''}${node.choice.name}:${node.choice.case}`]),
  ]
  yield words.join(' ')
  for (const child of node.children.values()) yield* describe(child, path)
}

/** The data plane's own counters are held against counters.def instead. */
const counterLeaf = /lwaftr:.* zero-based-counter64 =0$/

t.test('configuration nodes are those of the published model and our additions', (t) => {
  const lines = [...roots, ...schema.rpcs.values()].flatMap((node) => [...describe(node, '')])
  const expected = readFileSync(join(root, 'test/schema/model.tree'), 'utf8')
  t.equal(`${lines.filter((line) => !counterLeaf.test(line)).join('\n')}\n`, expected)
  t.end()
})

t.test('every counter of the data plane has its leaf, and every leaf its counter', (t) => {
  const source = readFileSync(join(root, 'native/core/counters.def'), 'utf8')
  const counters = [...source.matchAll(/^LWAFTR_COUNTER\(\s*\w+,\s*"([^"]+)",\s*(\w+)/gm)]
  const named = (group: string) =>
    counters
      .filter(([, , of]) => of === group)
      .map(([, name]) => name as string)
      .sort()
  const leaves = (node: SchemaNode | undefined, module: string) =>
    [...(node?.children.values() ?? [])]
      .filter((child) => child.module === module && child.type?.format === 'zero-based-counter64')
      .map(({ name }) => name)
      .sort()
  const config = schema.roots.get('snabb-softwire-v3:softwire-config')
  const instance = config?.children.get('instance')
  const states = [
    schema.roots.get('snabb-softwire-v3:softwire-state'),
    instance?.children.get('softwire-state'),
  ]
  for (const state of states) {
    t.same(leaves(state, 'snabb-softwire-v3'), named('softwire_state'))
    t.same(leaves(state, 'lwaftr'), named('lwaftr'))
  }
  const passthru = instance?.children.get('queue')?.children.get('lwaftr:passthru-state')
  t.same(leaves(passthru, 'lwaftr'), named('passthru'))
  t.end()
})

t.test('every node of ours is described', (t) => {
  const undescribed = (node: SchemaNode): string[] => [
    // An RPC's input and output have no room for one.
    ...(node.description === undefined && !envelopes.has(node) && !node.module.startsWith('ietf-')
      ? [node.name]
      : []),
    ...[...node.children.values()].flatMap(undescribed),
  ]
  const envelopes = new Set([...schema.rpcs.values()].flatMap(({ children }) => [...children.values()]))
  t.same([...roots, ...schema.rpcs.values()].flatMap(undescribed), [])
  t.end()
})

t.test('what only an administrator may see or change is marked in the model', (t) => {
  const marked = function* (node: SchemaNode, above: string): Generator<string> {
    const path = `${above}/${node.name}`
    // libyang hands the mark down to children.
    if (node.defaultDeny !== undefined && node.defaultDeny !== node.parent?.defaultDeny)
      yield `${path} ${node.defaultDeny}`
    for (const child of node.children.values()) yield* marked(child, path)
  }
  t.same(
    [...schema.roots.values()].flatMap((node) => [...marked(node, '')]),
    [
      '/config-server/user write',
      '/config-server/user/password all',
      '/config-server/user/token/hash all',
      '/config-server/allowed-origin write',
      '/config-server/limits write',
      '/nacm all',
    ],
  )
  t.end()
})

const skip = existsSync('/usr/bin/yanglint') ? false : 'yanglint is not installed'

t.test('yanglint has nothing to say', { skip }, (t) => {
  for (const module of ['snabb-softwire-v3', 'lwaftr', 'ietf-netconf-acm'])
    t.equal(
      execFileSync('yanglint', ['-p', join(root, 'yang'), join(root, `yang/${module}.yang`)], {
        encoding: 'utf8',
        stdio: 'pipe',
      }),
      '',
    )
  t.end()
})
