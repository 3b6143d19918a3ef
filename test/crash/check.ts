// What must be true after any accident: the history tells of every acknowledged edit and of none that was refused, and
// leads from the state before to what the relay now has.
import type { Test } from 'tap'
import { type Acknowledged, b4Of, type Edit, idOfLine, type Model, softwireOf } from './storm.js'

export interface State {
  readonly revision: number
  readonly model: Model
}

export interface Round {
  readonly round: number
  readonly url: string
  readonly base: State
  readonly acknowledged: readonly Acknowledged[]
  /** Numbers of edits that were refused. */
  readonly refused?: readonly number[]
  readonly edits: ReadonlyMap<number, Edit>
  readonly figures: { acknowledged: number; unacknowledged: number }
  /** Softwires that no edit touches, by key. */
  readonly others?: ReadonlySet<string>
}

/** Follows the history from the state before the storm to the one after, and holds the relay against it. */
export async function check(t: Test, one: Round): Promise<State> {
  const { round, url, base, acknowledged, refused = [], edits, figures, others = new Set() } = one
  const history = (await get(url, '/restconf/data/lwaftr:history'))['lwaftr:history']
  const commits: { revision: string; comment?: string }[] = [...history.commit].reverse()
  const since = commits.filter(({ revision }) => Number(revision) > base.revision)
  const revision = base.revision + since.length
  t.same(
    since.map((commit) => Number(commit.revision)),
    since.map((_, i) => base.revision + 1 + i),
    `round ${round}: revisions follow each other`,
  )
  const made = new Map<number, number>()
  let model = base.model
  for (const commit of since) {
    const id = await idOf(url, commit)
    if (made.has(id)) t.fail(`edit ${id} is there twice`)
    made.set(id, Number(commit.revision))
    const edit = edits.get(id)
    if (!edit) t.fail(`revision ${commit.revision} is nobody's`)
    else model = edit.apply(model)
  }
  const promised = acknowledged.filter(({ changed }) => changed)
  const broken = promised.filter(({ edit: { id }, revision = made.get(id) }) => {
    return revision === undefined || made.get(id) !== revision
  })
  t.same(
    broken.map((one) => [one.edit.id, one.revision]),
    [],
    `round ${round}: every acknowledged edit is there, at its revision`,
  )
  t.same(
    refused.filter((id) => made.has(id)),
    [],
    `round ${round}: no refused edit is`,
  )
  figures.acknowledged += promised.length
  figures.unacknowledged += made.size - promised.length
  const config = await get(url, '/restconf/data/snabb-softwire-v3:softwire-config?content=config')
  const { 'binding-table': table, 'external-interface': external } =
    config['snabb-softwire-v3:softwire-config']
  const entries: [string, unknown][] = (table.softwire ?? []).map((one: { ipv4: string; psid: number }) => [
    `${one.ipv4},${one.psid}`,
    one,
  ])
  t.same(
    new Map(entries.filter(([key]) => !others.has(key))),
    new Map([...model.softwires].map(([key, id]) => [key, softwireOf(key, id)])),
    `round ${round}: the softwires are those that the edits lead to`,
  )
  t.equal(external?.mtu ?? 1460, model.mtu, `round ${round}: and so are the settings`)
  t.same(
    new Set(await b4Lines(url, base.revision, revision)),
    new Set(expectedLines(base.model, model)),
    `round ${round}: the history tells the difference`,
  )
  return { revision, model }
}

/** By its comment, or by the softwire that it put. */
async function idOf(
  url: string,
  { revision, comment }: { revision: string; comment?: string },
): Promise<number> {
  if (comment?.startsWith('#')) return Number(comment.slice(1))
  const [line = ''] = (await b4Lines(url, Number(revision) - 1, Number(revision))).filter((one) =>
    one.startsWith('+'),
  )
  return idOfLine(line) ?? -1
}

async function b4Lines(url: string, from: number, to: number): Promise<string[]> {
  const answer = await fetch(`${url}/restconf/operations/lwaftr:compare`, {
    method: 'POST',
    headers: { 'content-type': 'application/yang-data+json' },
    body: JSON.stringify({ 'lwaftr:input': { from, to, limit: 100_000 } }),
  })
  const output = ((await answer.json()) as { 'lwaftr:output': { difference?: string[] } })['lwaftr:output']
  return (output.difference ?? []).filter((line) => line.includes('/b4-ipv6 '))
}

function* expectedLines(before: Model, after: Model): Iterable<string> {
  for (const key of new Set([...before.softwires.keys(), ...after.softwires.keys()])) {
    const [old, fresh] = [before.softwires.get(key), after.softwires.get(key)]
    if (old === fresh) continue
    const [ipv4, psid] = key.split(',')
    const leaf = `/softwire-config/binding-table/softwire[ipv4=${ipv4}][psid=${psid}]/b4-ipv6`
    if (old !== undefined) yield `- ${leaf} ${b4Of(old)}`
    if (fresh !== undefined) yield `+ ${leaf} ${b4Of(fresh)}`
  }
}

async function get(url: string, path: string) {
  // The server may end an idle connection just as it is used again: whoever asks may ask twice.
  const answer = await fetch(url + path).catch(() => fetch(url + path))
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
  return JSON.parse(await answer.text())
}
