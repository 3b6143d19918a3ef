// The routes of a relay from now on. What the relay said last stands while it cannot be reached: its workers forward
// without their leader, and whether they do is for BFD to say. A relay that comes back tells the whole list, which is
// compared with what stands.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Route } from '../../config-server/announce/route.js'
import { contentType } from '../../config-server/media-types.js'
import { type Client, text } from '../client.js'
import { describeFailure } from '../failure.js'
import { type RouteChanges, RouteTable } from './route-table.js'

export const ROUTES_PATH = '/restconf/data/lwaftr:routes'

/** Milliseconds between two questions, which the relay answers without work when nothing changed. */
const INTERVAL = 100
/** The same while it does not answer. */
const PATIENCE = 500

export interface Answer {
  readonly revision: string
  /** The complete list; absent in an answer that tells changes. */
  readonly route?: readonly Route[]
  readonly since?: string
  readonly announced?: readonly Route[]
  readonly withdrawn?: readonly Route[]
}

export interface Followed {
  readonly table: RouteTable
  readonly changes: RouteChanges
  readonly revision: string
  /** The first: there was nothing before. */
  readonly whole: boolean
}

export async function askRoutes(client: Client, query = ''): Promise<Answer> {
  const headers = { accept: contentType('json') }
  const response = await client.request('GET', { path: ROUTES_PATH + query, headers })
  return (JSON.parse(await text(response)) as { 'lwaftr:routes': Answer })['lwaftr:routes']
}

/** For ever. `wanted` says which routes are of interest; `warn` is told once of each new obstacle. */
export async function* follow(
  connect: () => Promise<Client>,
  wanted: (route: Route) => boolean,
  warn: (problem: string) => void,
): AsyncIterable<Followed> {
  const table = new RouteTable()
  let revision: string | undefined
  let obstacle = ''
  let client: Client | undefined
  for (;;) {
    try {
      client ??= await connect()
      const answer = await askRoutes(client, revision === undefined ? '' : `?since=${revision}`)
      obstacle = ''
      if (answer.revision !== revision) {
        const changes = changesOf(table, answer, wanted)
        table.apply(changes)
        const whole = revision === undefined
        revision = answer.revision
        yield { table, changes, revision, whole }
      }
      await sleep(INTERVAL)
    } catch (problem) {
      client = undefined
      const said = describeFailure(problem)
      if (said !== obstacle) warn(said)
      obstacle = said
      await sleep(PATIENCE)
    }
  }
}

function changesOf(table: RouteTable, answer: Answer, wanted: (route: Route) => boolean): RouteChanges {
  if (answer.since === undefined) return table.changesTo((answer.route ?? []).filter(wanted))
  return {
    announced: (answer.announced ?? []).filter(wanted),
    withdrawn: (answer.withdrawn ?? []).filter(wanted),
  }
}
