// How the routes are told to the daemons that announce them: as a document that holds all of them, or, while following,
// as lines that lead from what was said before to what is the case now.
import type { Route } from '../../config-server/announce/route.js'
import type { RouteChanges, RouteTable } from './route-table.js'

export interface FormatOptions {
  /** ExaBGP: a path for each queue that carries a prefix, for peers with ADD-PATH; else one for each prefix. */
  readonly addPath?: boolean
  /** BIRD: the table of the protocols, instead of master4 and master6; FRR: the VRF. */
  readonly table?: string
  /** Part of the names of BIRD's protocols. */
  readonly label?: string
}

export interface RouteFormat {
  /** All of it, for a file or a single answer. */
  document(table: RouteTable, revision: string): string
  /** What to say after `changes` led to `table`; `whole` is the first of them. Empty for nothing. */
  follow(table: RouteTable, changes: RouteChanges, revision: string, whole: boolean): string
}

/** What a daemon is told of one prefix, in its words; said once, and taken back when it is no longer the case. */
export interface Sayings {
  of(routes: readonly Route[]): readonly string[]
  add(saying: string): string
  remove(saying: string): string
  /** A saying takes the place of another one about the same prefix, which then need not be taken back. */
  readonly replaces: boolean
}

/** Follows prefix by prefix. Everything new is said before anything is taken back: no prefix is without a route meanwhile. */
export class SayingsFormat implements RouteFormat {
  readonly #said = new Map<string, readonly string[]>()

  constructor(
    readonly sayings: Sayings,
    readonly wrap: (lines: readonly string[]) => readonly string[] = (lines) => lines,
  ) {}

  document(table: RouteTable): string {
    const lines = [...table.prefixes()].flatMap((prefix) => this.sayings.of(table.routesTo(prefix)))
    return text(this.wrap(lines.map((saying) => this.sayings.add(saying))))
  }

  follow(table: RouteTable, { announced, withdrawn }: RouteChanges): string {
    const added: string[] = []
    const removed: string[] = []
    for (const prefix of new Set([...announced, ...withdrawn].map((route) => route.prefix))) {
      const before = this.#said.get(prefix) ?? []
      const now = this.sayings.of(table.routesTo(prefix))
      added.push(...now.filter((saying) => !before.includes(saying)))
      if (now.length === 0 || !this.sayings.replaces)
        removed.push(...before.filter((saying) => !now.includes(saying)))
      if (now.length > 0) this.#said.set(prefix, now)
      else this.#said.delete(prefix)
    }
    const lines = [
      ...added.map((saying) => this.sayings.add(saying)),
      ...removed.map((saying) => this.sayings.remove(saying)),
    ]
    return text(this.wrap(lines))
  }
}

export function text(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** The next hops of one prefix, each once: queues of an instance may share an address. */
export function nextHops(routes: readonly Route[]): string[] {
  return [...new Set(routes.map((route) => route['next-hop']))]
}
