// What one user may do with data (RFC 8341 s3.4.5): the first rule that matches decides, else the model's marks, else
// the default.
import type { PathStep } from '../../schema/paths.js'
import type { SchemaNode } from '../../schema/schema.js'
import { type PatternStep, USER } from './node-path.js'
import type { Operation, Policy, Rule } from './policy.js'

type Steps = readonly PathStep[]
type DataOperation = Exclude<Operation, 'exec'>

export class Judge {
  readonly #user: string
  readonly #policy: Policy
  readonly #rules: readonly Rule[]
  readonly #hasKeys: boolean
  readonly #whole = new Map<SchemaNode | null, Map<DataOperation, boolean | undefined>>()

  constructor(policy: Policy, user: string, groups: readonly string[]) {
    this.#user = user
    this.#policy = policy
    this.#rules = policy.rulesFor(user, groups)
    const named = (steps: readonly PatternStep[]) =>
      steps.some(({ keys }) => keys.some((key) => key !== undefined))
    this.#hasKeys = this.#rules.some((rule) => named(pathOf(rule) ?? []))
  }

  /** Whether the operation is permitted on this very node, whatever is above or below it. */
  permits(operation: DataOperation, steps: Steps): boolean {
    const node = steps.at(-1)?.node
    if (!node) return this.#fallback(operation, undefined)
    for (const rule of this.#rules)
      if (this.#about(rule, operation, node) && (!pathOf(rule) || this.#reaches(pathOf(rule), steps)))
        return rule.permit
    return this.#fallback(operation, node)
  }

  /**
   * The same for a node and all that there could be below it: undefined when parts of it differ. A list without keys
   * stands for every entry.
   */
  whole(operation: DataOperation, steps: Steps): boolean | undefined {
    // Where no rule looks at keys the answer is the schema node's.
    const keyed = steps.some(({ keys }) => keys.length > 0) && this.#hasKeys
    const node = steps.at(-1)?.node ?? null
    const known = keyed ? undefined : this.#whole.get(node)
    if (known?.has(operation)) return known.get(operation)
    const verdict = this.#wholeOf(operation, steps)
    if (!keyed) {
      if (known) known.set(operation, verdict)
      else this.#whole.set(node, new Map([[operation, verdict]]))
    }
    return verdict
  }

  /** Rules about the data node or what is below it, without regard to keys: for those who know keys better. */
  rulesNear(
    operation: DataOperation,
    node: SchemaNode,
  ): { steps: readonly PatternStep[]; permit: boolean }[] {
    const line = lineOf(node)
    return this.#rules
      .filter((rule) => this.#about(rule, operation, node))
      .map((rule) => ({ steps: pathOf(rule) ?? [], permit: rule.permit }))
      .filter(({ steps }) => steps.every(({ node: at }, i) => i >= line.length || at === line[i]))
  }

  mayExecute(rpc: SchemaNode): boolean {
    for (const { module, target, operations, permit } of this.#rules) {
      if ((module ?? rpc.module) !== rpc.module || !operations.has('exec')) continue
      if (!target || (target.kind === 'rpc' && (target.name ?? rpc.name) === rpc.name)) return permit
    }
    return rpc.defaultDeny !== 'all' && this.#policy.defaults.exec
  }

  mayReceive(notification: SchemaNode): boolean {
    const { name, module: own } = notification
    for (const { module, target, operations, permit } of this.#rules) {
      if ((module ?? own) !== own || !operations.has('read')) continue
      if (!target || (target.kind === 'notification' && (target.name ?? name) === name)) return permit
    }
    return notification.defaultDeny !== 'all' && this.#policy.defaults.read
  }

  /** The value that a key of a rule stands for. */
  keyValue(key: string | typeof USER | undefined): string | undefined {
    return key === USER ? this.#user : key
  }

  #about(rule: Rule, operation: DataOperation, node: SchemaNode): boolean {
    const { module, target, operations } = rule
    return (
      (module ?? node.module) === node.module &&
      operations.has(operation) &&
      (target === undefined || target.kind === 'path')
    )
  }

  /** Whether the node is the pattern's, or below it. */
  #reaches(pattern: readonly PatternStep[] | undefined, steps: Steps): boolean {
    return (pattern ?? []).every((step, i) => {
      const at = steps[i]
      return (
        at?.node === step.node &&
        step.keys.every((key, k) => key === undefined || this.keyValue(key) === at.keys[k])
      )
    })
  }

  /** Whether something below the node could be the pattern's. */
  #mayReachBelow(pattern: readonly PatternStep[], steps: Steps): boolean {
    if (pattern.length < steps.length) return false
    return steps.every(({ node, keys }, i) => {
      const step = pattern[i]
      return (
        node === step?.node &&
        step.keys.every(
          (key, k) => key === undefined || keys[k] === undefined || this.keyValue(key) === keys[k],
        )
      )
    })
  }

  #wholeOf(operation: DataOperation, steps: Steps): boolean | undefined {
    const node = steps.at(-1)?.node
    const differ = { permitted: false, denied: false }
    const note = (permit: boolean) => {
      if (permit) differ.permitted = true
      else differ.denied = true
    }
    for (const rule of this.#rules) {
      if (!rule.operations.has(operation) || (rule.target && rule.target.kind !== 'path')) continue
      const pattern = pathOf(rule) ?? []
      const covers = this.#reaches(pattern, steps)
      if (!covers && !this.#mayReachBelow(pattern, steps)) continue
      if (covers && (rule.module === undefined || (node && isAllOf(rule.module, node))))
        return settle(rule.permit, differ)
      // A rule about one module reaches only those nodes of it that are here.
      if (rule.module === undefined || !node || holds(rule.module, node)) note(rule.permit)
    }
    const fallback = this.#fallback(operation, node)
    if (fallback && (node ? marks(operation, node) : true)) note(false)
    return settle(fallback, differ)
  }

  #fallback(operation: DataOperation, node: SchemaNode | undefined): boolean {
    const { read, write } = this.#policy.defaults
    if (node?.defaultDeny === 'all') return false
    if (operation === 'read') return read
    return node?.defaultDeny === undefined && write
  }
}

function settle(verdict: boolean, differ: { permitted: boolean; denied: boolean }): boolean | undefined {
  return (verdict ? differ.denied : differ.permitted) ? undefined : verdict
}

function pathOf({ target }: Rule): readonly PatternStep[] | undefined {
  return target?.kind === 'path' ? target.steps : undefined
}

function lineOf(node: SchemaNode): SchemaNode[] {
  const line: SchemaNode[] = []
  for (let at: SchemaNode | null = node; at; at = at.parent) line.unshift(at)
  return line
}

/** Whether a node or something below it is of the module. */
function holds(module: string, node: SchemaNode): boolean {
  return node.module === module || [...node.children.values()].some((child) => holds(module, child))
}

function isAllOf(module: string, node: SchemaNode): boolean {
  return node.module === module && [...node.children.values()].every((child) => isAllOf(module, child))
}

/** Whether the model denies something below a node that itself it does not deny. */
function marks(operation: DataOperation, node: SchemaNode): boolean {
  return [...node.children.values()].some(
    (child) =>
      child.defaultDeny === 'all' ||
      (operation !== 'read' && child.defaultDeny === 'write') ||
      marks(operation, child),
  )
}
