// The prefixes to announce for the addresses that are active now, kept up to date address by address.
//
//   PrefixCover     as few prefixes as cover exactly the active units (addresses, or blocks of one length): the
//                   maximal aligned blocks. A new unit merges with its sibling upwards, one that goes splits its
//                   block downwards: at most as many steps as an address has bits.
//   ListedPrefixes  those of an operator's list that hold an active address.
import type { Family } from './family.js'

/** Whether the block holds an active address now. */
export type HoldsActive<A> = (network: A, length: number) => boolean

export interface PrefixDelta<A> {
  readonly added: readonly A[]
  readonly removed: readonly A[]
}

export abstract class PrefixSet<A> {
  readonly #prefixes = new Set<A>()
  /** What changed since it was last asked: whether the prefix was there then. */
  readonly #before = new Map<A, boolean>()

  constructor(readonly family: Family<A>) {}

  get size(): number {
    return this.#prefixes.size
  }

  has(prefix: A): boolean {
    return this.#prefixes.has(prefix)
  }

  /** In order of address, then length. */
  sorted(): readonly A[] {
    return this.family.sort(this.#prefixes)
  }

  [Symbol.iterator](): Iterator<A> {
    return this.#prefixes.values()
  }

  /** The sum of all changes since the last call. */
  takeChanges(): PrefixDelta<A> {
    const added: A[] = []
    const removed: A[] = []
    for (const [prefix, before] of this.#before) {
      const now = this.#prefixes.has(prefix)
      if (now && !before) added.push(prefix)
      else if (before && !now) removed.push(prefix)
    }
    this.#before.clear()
    return { added, removed }
  }

  /** What leads from an earlier set to this one. */
  changesFrom(earlier: PrefixSet<A>): PrefixDelta<A> {
    return {
      added: [...this].filter((prefix) => !earlier.has(prefix)),
      removed: [...earlier].filter((prefix) => !this.has(prefix)),
    }
  }

  /** An address became active or ceased to be. */
  abstract update(address: A, holdsActive: HoldsActive<A>): void

  protected add(prefix: A): void {
    if (this.#prefixes.has(prefix)) return
    this.#remember(prefix, false)
    this.#prefixes.add(prefix)
  }

  /** True when it was there. */
  protected delete(prefix: A): boolean {
    if (!this.#prefixes.has(prefix)) return false
    this.#remember(prefix, true)
    return this.#prefixes.delete(prefix)
  }

  #remember(prefix: A, before: boolean): void {
    if (!this.#before.has(prefix)) this.#before.set(prefix, before)
  }
}

export class PrefixCover<A> extends PrefixSet<A> {
  /** `longest`: length of the units; the whole block counts as active when one address in it is. */
  constructor(
    family: Family<A>,
    readonly longest: number = family.bits,
  ) {
    super(family)
  }

  update(address: A, holdsActive: HoldsActive<A>): void {
    const unit = this.family.network(address, this.longest)
    if (holdsActive(unit, this.longest)) this.insert(unit)
    else this.#remove(unit)
  }

  insert(unit: A): void {
    if (this.#lengthAround(unit) !== undefined) return
    const { family } = this
    let length = this.longest
    let network = unit
    while (length > 0 && this.delete(family.prefix(family.sibling(network, length), length)))
      network = family.network(network, --length)
    this.add(family.prefix(network, length))
  }

  /** Blocks that neither overlap nor could be merged with others. */
  addBlock(network: A, length: number): void {
    this.add(this.family.prefix(network, length))
  }

  #remove(unit: A): void {
    const { family } = this
    const around = this.#lengthAround(unit)
    if (around === undefined) return
    this.delete(family.prefix(family.network(unit, around), around))
    for (let length = around + 1; length <= this.longest; length++)
      this.add(family.prefix(family.sibling(family.network(unit, length), length), length))
  }

  /** Length of the block that the unit is in. */
  #lengthAround(unit: A): number | undefined {
    for (let length = this.longest; length >= 0; length--)
      if (this.has(this.family.prefix(this.family.network(unit, length), length))) return length
    return undefined
  }
}

export class ListedPrefixes<A> extends PrefixSet<A> {
  readonly #listed: ReadonlySet<A>
  readonly #lengths: readonly number[]

  constructor(family: Family<A>, listed: readonly A[]) {
    super(family)
    this.#listed = new Set(listed)
    this.#lengths = [...new Set(listed.map((prefix) => family.lengthOf(prefix)))]
  }

  update(address: A, holdsActive: HoldsActive<A>): void {
    for (const length of this.#lengths) {
      const network = this.family.network(address, length)
      const prefix = this.family.prefix(network, length)
      if (!this.#listed.has(prefix)) continue
      if (holdsActive(network, length)) this.add(prefix)
      else this.delete(prefix)
    }
  }
}
