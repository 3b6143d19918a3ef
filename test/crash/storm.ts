// A storm of edits upon a relay that will be killed: each edit has a number that the relay's own history tells it by,
// and says what it does to a configuration, so that whatever became of it can be checked afterwards.
import { setTimeout as sleep } from 'node:timers/promises'

/** What the edits change: softwires by `ipv4,psid`, as the number of the edit that put them, and a leaf of the tree. */
export interface Model {
  readonly softwires: ReadonlyMap<string, number>
  readonly mtu: number
}

export interface Edit {
  readonly id: number
  readonly apply: (model: Model) => Model
  readonly method: 'PUT' | 'POST'
  readonly path: string
  readonly body: unknown
}

/** An edit that the relay answered for. */
export interface Acknowledged {
  readonly edit: Edit
  readonly changed: boolean
  /** Where the answer names the revision: an operation's does. */
  readonly revision?: number
}

export type Random = (below: number) => number

/** The same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = (seed % 0x7ffffffe) + 1
  return (below) => {
    state = (state * 48271) % 0x7fffffff
    return state % below
  }
}

const API = '/restconf/data/snabb-softwire-v3:softwire-config'
const B4 = '2001:db8:b4::'

export const b4Of = (id: number) =>
  `${B4}${id < 65536 ? id.toString(16) : `${(id >> 16).toString(16)}:${(id & 65535).toString(16)}`}`

/** The number of the edit that a line of `compare` is about, if it is one that puts a softwire. */
export function idOfLine(line: string): number | null {
  const [, high, low] = /^\+ .*\/b4-ipv6 2001:db8:b4::(?:([0-9a-f]+):)?([0-9a-f]+)$/.exec(line) ?? []
  return low === undefined ? null : Number.parseInt(high ?? '0', 16) * 65536 + Number.parseInt(low, 16)
}

export function softwireOf(key: string, id: number) {
  const [ipv4, psid] = key.split(',')
  return {
    ipv4,
    psid: Number(psid),
    'br-address': '2001:db8:ff::1',
    'b4-ipv6': b4Of(id),
    'port-set': { 'psid-length': 6 },
  }
}

/** One of the edits that operators make: of one softwire, of many, of settings with them, of the table, back in time. */
export function randomEdit(random: Random, id: number, base: { revision: number; model: Model }): Edit {
  const kind = random(100)
  if (kind < 97) return smallEdit(random, id)
  return kind < 98 ? replaceTable(random, id) : goBack(id, base)
}

/** Of one softwire, or of some, sometimes (`settings`) with a setting: what else is configured stays. */
export function smallEdit(random: Random, id: number, settings = true): Edit {
  const kind = random(97)
  return kind < 40 ? putOne(random, id) : commitMany(random, id, settings && kind < 55)
}

/** Every softwire that small edits are about. */
export const KEYS = Array.from({ length: 8 * 64 }, (_, i) => `193.5.1.${i >> 6},${i & 63}`)

function randomKey(random: Random): string {
  return KEYS[random(KEYS.length)] as string
}

function putOne(random: Random, id: number): Edit {
  const key = randomKey(random)
  return {
    id,
    method: 'PUT',
    path: `${API}/binding-table/softwire=${key}`,
    body: { 'snabb-softwire-v3:softwire': [softwireOf(key, id)] },
    apply: ({ softwires, mtu }) => ({ softwires: new Map(softwires).set(key, id), mtu }),
  }
}

function commitMany(random: Random, id: number, settings: boolean): Edit {
  const keys = new Set(Array.from({ length: 1 + random(20) }, () => randomKey(random)))
  const removed = new Set([...keys].filter((_, i) => i > 0 && random(3) === 0))
  const mtu = 1280 + (id % 200)
  const edits = [...keys].map((key) => ({
    'edit-id': key,
    target: `/snabb-softwire-v3:softwire-config/binding-table/softwire=${key}`,
    ...(removed.has(key)
      ? { operation: 'remove' }
      : { operation: 'replace', value: { 'snabb-softwire-v3:softwire': [softwireOf(key, id)] } }),
  }))
  const setMtu = {
    'edit-id': 'mtu',
    operation: 'replace',
    target: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
    value: { 'snabb-softwire-v3:mtu': mtu },
  }
  return operation(id, 'commit', { edit: settings ? [...edits, setMtu] : edits }, (model) => {
    const softwires = new Map(model.softwires)
    for (const key of keys)
      if (removed.has(key)) softwires.delete(key)
      else softwires.set(key, id)
    return { softwires, mtu: settings ? mtu : model.mtu }
  })
}

function replaceTable(random: Random, id: number): Edit {
  const keys = Array.from({ length: 1100 + random(400) }, (_, i) => `10.${id % 200}.${i >> 6}.1,${i & 63}`)
  const value = { 'snabb-softwire-v3:softwire': keys.map((key) => softwireOf(key, id)) }
  const target = '/snabb-softwire-v3:softwire-config/binding-table/softwire'
  const edit = { 'edit-id': 'table', operation: 'replace', target, value }
  return operation(id, 'commit', { edit: [edit] }, ({ mtu }) => ({
    softwires: new Map(keys.map((key) => [key, id])),
    mtu,
  }))
}

function goBack(id: number, { revision, model }: { revision: number; model: Model }): Edit {
  return operation(id, 'rollback', { revision }, () => model)
}

function operation(id: number, name: string, input: object, apply: Edit['apply']): Edit {
  const body = { 'lwaftr:input': { ...input, comment: `#${id}` } }
  return { id, method: 'POST', path: `/restconf/operations/lwaftr:${name}`, body, apply }
}

/** What became of a storm's edits; of those that are neither nobody knows. */
export interface Outcome {
  readonly acknowledged: readonly Acknowledged[]
  /** Their numbers, and the answers. */
  readonly refused: readonly { readonly id: number; readonly answer: string }[]
}

/** Milliseconds after a refusal: the next edit would meet the same. */
const PAUSE = 50

/** Sends edits from several connections at once, until the relay is gone or there are no more. */
export async function storm(url: string, next: () => Edit | null, connections = 12): Promise<Outcome> {
  const acknowledged: Acknowledged[] = []
  const refused: { id: number; answer: string }[] = []
  const one = async () => {
    for (let edit = next(); edit !== null; edit = next()) {
      const answer = await send(url, edit)
      if (answer === undefined) return
      if (typeof answer === 'string') {
        refused.push({ id: edit.id, answer })
        await sleep(PAUSE)
      } else acknowledged.push({ edit, ...answer })
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  return { acknowledged, refused }
}

/** Undefined when the relay went away; a refusal as it was put. `who` are headers that say so. */
export async function send(
  url: string,
  { method, path, body }: Edit,
  who: Readonly<Record<string, string>> = {},
): Promise<Omit<Acknowledged, 'edit'> | string | undefined> {
  let status: number
  let text: string
  try {
    const headers = { 'content-type': 'application/yang-data+json', ...who }
    const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) })
    ;[status, text] = [answer.status, await answer.text()]
  } catch {
    return undefined
  }
  if (status >= 300) return `${method} ${path} was answered ${status}: ${text}`
  if (method === 'PUT') return { changed: true }
  const { revision } = JSON.parse(text)['lwaftr:output']
  return revision === undefined ? { changed: false } : { changed: true, revision: Number(revision) }
}
