// The access control rules of the configuration (RFC 8341), read once for each configuration.
import { LwaftrError } from '../../errors.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { formatInstanceIdentifier, pathTo } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { isObject } from '../tree.js'
import { type PatternStep, parseNodePath } from './node-path.js'

export type Operation = 'create' | 'read' | 'update' | 'delete' | 'exec'

export interface Rule {
  /** Undefined: any module. */
  readonly module: string | undefined
  /** What it is about; undefined: everything. A name that is undefined stands for any. */
  readonly target:
    | { readonly kind: 'path'; readonly steps: readonly PatternStep[] }
    | { readonly kind: 'rpc' | 'notification'; readonly name: string | undefined }
    | undefined
  readonly operations: ReadonlySet<Operation>
  readonly permit: boolean
}

export interface Policy {
  /**
   * `full`: as /nacm says. `marked`: nothing is said, and only what the model marks is kept from users.
   * `off`: everything is permitted.
   */
  readonly enforcement: 'full' | 'marked' | 'off'
  /** Whether reading, writing and executing are permitted where no rule matches. */
  readonly defaults: { readonly read: boolean; readonly write: boolean; readonly exec: boolean }
  /** The rules for a user, in order; `external` are the groups that came with the session. */
  rulesFor(user: string, external: readonly string[]): readonly Rule[]
}

const ALL: readonly Operation[] = ['create', 'read', 'update', 'delete', 'exec']

/** Of a canonical configuration tree. Throws LwaftrError for a rule that cannot mean anything. */
export function readPolicy(schema: Schema, tree: JsonObject): Policy {
  const nacm = tree['ietf-netconf-acm:nacm']
  if (!isObject(nacm)) return { enforcement: 'marked', defaults: allow, rulesFor: () => [] }
  if (nacm['enable-nacm'] === false) return { enforcement: 'off', defaults: allow, rulesFor: () => [] }
  const groups = entries(nacm.groups, 'group').map((group) => ({
    name: String(group.name),
    users: new Set(strings(group['user-name'])),
  }))
  const lists = entries(nacm, 'rule-list').map((list) => ({
    groups: new Set(strings(list.group)),
    rules: entries(list, 'rule').map((rule) => readRule(schema, rule, String(list.name))),
  }))
  const useExternal = nacm['enable-external-groups'] !== false
  return {
    enforcement: 'full',
    defaults: {
      read: nacm['read-default'] !== 'deny',
      write: nacm['write-default'] === 'permit',
      exec: nacm['exec-default'] !== 'deny',
    },
    rulesFor(user, external) {
      const mine = new Set(groups.filter(({ users }) => users.has(user)).map(({ name }) => name))
      if (useExternal) for (const name of external) mine.add(name)
      // Who is in no group meets no rule, not even one for every group (RFC 8341 s3.4.4 step 4).
      if (mine.size === 0) return []
      const matching = lists.filter(
        (list) => list.groups.has('*') || [...list.groups].some((g) => mine.has(g)),
      )
      return matching.flatMap(({ rules }) => rules)
    },
  }
}

const allow = { read: true, write: true, exec: true }

function readRule(schema: Schema, rule: JsonObject, list: string): Rule {
  const operations = rule['access-operations'] ?? '*'
  return {
    module: anyOr(rule['module-name']),
    target: readTarget(schema, rule, list),
    operations: new Set(operations === '*' ? ALL : (String(operations).split(' ') as Operation[])),
    permit: rule.action === 'permit',
  }
}

function readTarget(schema: Schema, rule: JsonObject, list: string): Rule['target'] {
  if (rule['rpc-name'] !== undefined) return { kind: 'rpc', name: anyOr(rule['rpc-name']) }
  if (rule['notification-name'] !== undefined)
    return { kind: 'notification', name: anyOr(rule['notification-name']) }
  if (rule.path === undefined) return undefined
  try {
    return { kind: 'path', steps: parseNodePath(schema, String(rule.path)) }
  } catch (problem) {
    if (!(problem instanceof LwaftrError)) throw problem
    throw new LwaftrError('bad-value', `rule ${rule.name} of ${list}: ${problem.message}`, {
      path: pathOfRule(schema, list, String(rule.name)),
      value: rule.path,
    })
  }
}

function pathOfRule(schema: Schema, list: string, name: string): string {
  const lists = schema.roots.get('ietf-netconf-acm:nacm')?.children.get('rule-list')
  const rules = lists?.children.get('rule')
  const path = rules?.children.get('path')
  if (!lists || !rules || !path) throw new Error('the model of NACM has no rules')
  const steps = [...pathTo(lists, [list]).steps, { node: rules, keys: [name] }, { node: path, keys: [] }]
  return formatInstanceIdentifier({ steps })
}

function anyOr(value: JsonValue | undefined): string | undefined {
  return value === undefined || value === '*' ? undefined : String(value)
}

function entries(parent: JsonValue | undefined, name: string): JsonObject[] {
  const list = isObject(parent) ? parent[name] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
