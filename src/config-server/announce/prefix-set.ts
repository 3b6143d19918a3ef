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
  /** Networks by length. */
  readonly #networks: Set<A>[]
  /** Lengths that there are prefixes of, longest first: few, whatever there is of each. */
  #lengths: readonly number[] = []
  /** What changed since it was last asked: whether the prefix was there then. Null while nobody will ask. */
  #before: Map<A, boolean> | null = null
  #size = 0

  constructor(readonly family: Family<A>) {
    this.#networks = Array.from({ length: family.bits + 1 }, () => new Set())
  }

  get size(): number {
    return this.#size
  }

  has(prefix: A): boolean {
    return this.#has(this.family.networkOf(prefix), this.family.lengthOf(prefix))
  }

  /** In order of address, then length. */
  sorted(): readonly A[] {
    return this.family.sort(this)
  }

  *[Symbol.iterator](): Iterator<A> {
    for (const length of this.#lengths)
      for (const network of this.#networks[length] as Set<A>) yield this.family.prefix(network, length)
  }

  /** The sum of all changes since the last call; the first call only begins to remember them. */
  takeChanges(): PrefixDelta<A> {
    const added: A[] = []
    const removed: A[] = []
    for (const [prefix, before] of this.#before ?? []) {
      const now = this.has(prefix)
      if (now && !before) added.push(prefix)
      else if (before && !now) removed.push(prefix)
    }
    this.#before = new Map()
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

  protected add(network: A, length: number): void {
    const networks = this.#networks[length] as Set<A>
    if (networks.has(network)) return
    this.#remember(network, length, false)
    networks.add(network)
    this.#size++
    if (networks.size === 1) this.#lengths = [...this.#lengths, length].sort((a, b) => b - a)
  }

  /** True when it was there. */
  protected delete(network: A, length: number): boolean {
    const networks = this.#networks[length] as Set<A>
    if (!networks.has(network)) return false
    this.#remember(network, length, true)
    networks.delete(network)
    this.#size--
    if (networks.size === 0) this.#lengths = this.#lengths.filter((other) => other !== length)
    return true
  }

  /** Length of the longest prefix that the address is in. */
  protected lengthAround(address: A): number | undefined {
    return this.#lengths.find((length) => this.#has(this.family.network(address, length), length))
  }

  #has(network: A, length: number): boolean {
    return (this.#networks[length] as Set<A>).has(network)
  }

  #remember(network: A, length: number, before: boolean): void {
    if (!this.#before) return
    const prefix = this.family.prefix(network, length)
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
    if (holdsActive(unit, this.longest)) this.#insert(unit)
    else this.#remove(unit)
  }

  /** A block that neither overlaps others nor could be merged with them. */
  addBlock(address: A, length: number): void {
    this.add(this.family.network(address, length), length)
  }

  #insert(unit: A): void {
    if (this.lengthAround(unit) !== undefined) return
    let length = this.longest
    let network = unit
    while (length > 0 && this.delete(this.family.sibling(network, length), length))
      network = this.family.network(network, --length)
    this.add(network, length)
  }

  #remove(unit: A): void {
    const around = this.lengthAround(unit)
    if (around === undefined) return
    this.delete(this.family.network(unit, around), around)
    for (let length = around + 1; length <= this.longest; length++)
      this.add(this.family.sibling(this.family.network(unit, length), length), length)
  }
}

export class ListedPrefixes<A> extends PrefixSet<A> {
  readonly #listed: readonly (readonly [length: number, networks: ReadonlySet<A>])[]

  constructor(family: Family<A>, listed: readonly A[]) {
    super(family)
    const lengths = new Set(listed.map((prefix) => family.lengthOf(prefix)))
    this.#listed = [...lengths].map((length) => {
      const ofLength = listed.filter((prefix) => family.lengthOf(prefix) === length)
      return [length, new Set(ofLength.map((prefix) => family.networkOf(prefix)))] as const
    })
  }

  update(address: A, holdsActive: HoldsActive<A>): void {
    for (const [length, networks] of this.#listed) {
      const network = this.family.network(address, length)
      if (!networks.has(network)) continue
      if (holdsActive(network, length)) this.add(network, length)
      else this.delete(network, length)
    }
  }
}
