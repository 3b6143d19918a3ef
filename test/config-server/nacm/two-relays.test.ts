/**
 * Nobody who is confined to an instance and an address can tell one neighbour from another: Ann sends the same requests
 * to two relays that differ in all that is others', and gets the same answers, byte for byte but for times of day; and is
 * told the same by the streams that she follows. A short run; LWAFTR_LONG_TESTS=1 makes it a long one.
 */
import t, { type Test } from 'tap'
import { Random } from '../../schema/random.js'
import { bearer } from '../access/users.js'
import { CONFIG } from '../helper.js'
import { type Asked, anything, TAG } from './requests.js'
import { POLICIES, type PolicyName, type Relay, twoRelays } from './two-relays.js'

const LONG = process.env.LWAFTR_LONG_TESTS !== undefined
const ROUNDS = LONG ? 5000 : 60
/** Until one of each kind was among them. */
const MOST_ROUNDS = 10_000
const KINDS = (LONG ? ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'] : ['GET']).flatMap((method) => [
  `${method} 2xx`,
  `${method} 4xx`,
])
const SEED = Number(process.env.LWAFTR_SEED ?? Date.now() % 1e9)
t.setTimeout(600_000)

const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g
/** As confinement.ts makes them: 96 bits in base64url, between quotes that may be escaped. */
const TAGS = /(?<="|&#34;)[\w-]{16}(?=\\?"|&#34;)/g
const REVISIONS = /\\"revision\\":\\"\d+\\"|<revision>\d+</g

/** Ann, of one of the relays. Entity-tags are what they are to her: the same as an earlier one, or another. */
class Ann {
  readonly #tags: string[] = []

  constructor(
    readonly relay: Relay,
    readonly revisionsCount: boolean,
  ) {}

  async asks({ method, url, body, headers }: Asked) {
    const words = Object.entries(headers).map(([name, value]) => [name, this.#meant(value)])
    const sent = { ...Object.fromEntries(words), ...bearer('ann') }
    const answer = await this.relay.send(method, url, body, sent)
    const { date: _, 'last-modified': modified, etag, ...kept } = answer.headers
    const shown = { ...kept, etag: this.#seen(etag ?? ''), modified: modified !== undefined }
    const said = this.#seen(answer.body.replace(TIMES, 'TIME'))
    const text = JSON.stringify([answer.statusCode, shown, said])
    return { status: answer.statusCode, text: this.#comparable(text) }
  }

  /** What her streams have told her, up to what she does now. */
  async told(): Promise<string> {
    const { follower, send } = this.relay
    const mtu = { 'snabb-softwire-v3:mtu': 9999 }
    const { statusCode, body } = await send('PUT', `${CONFIG}/external-interface/mtu`, mtu, bearer('ann'))
    if (statusCode >= 300) throw new Error(body)
    await follower.until((updates) => JSON.stringify(updates.at(-1) ?? null).includes('9999'))
    // Which of two subscriptions of a connection is told first is as it happens.
    return follower.updates
      .filter(({ edits }) => edits !== undefined)
      .sort((one, other) => one.subscription - other.subscription)
      .map(({ subscription, revision, edits }) =>
        JSON.stringify([subscription, this.revisionsCount ? revision : '', edits]),
      )
      .join('\n')
  }

  #seen(text: string): string {
    return text.replace(TAGS, (tag) => {
      if (!this.#tags.includes(tag)) this.#tags.push(tag)
      return `TAG ${this.#tags.indexOf(tag)}`
    })
  }

  #meant(value: string): string {
    const [, back] = TAG.exec(value) ?? []
    return back === undefined ? value : `"${this.#tags.at(-1 - Number(back)) ?? 'none'}"`
  }

  #comparable(text: string): string {
    return this.revisionsCount ? text : text.replace(REVISIONS, 'REVISION')
  }
}

/** What revisions are asked for by number. */
const BY_REVISION = /history|rollback|compare|restconf\/data(\?|$)|operational(\?|$)/

async function compare(t: Test, policy: PolicyName, evenly: boolean) {
  const random = new Random(SEED)
  const { relays, commitElsewhere } = await twoRelays(t, policy)
  const [one, other] = relays.map((relay) => new Ann(relay, evenly)) as [Ann, Ann]
  const statuses = new Map<string, number>()
  const isEnough = (round: number) =>
    round >= MOST_ROUNDS || (round >= ROUNDS && KINDS.every((kind) => statuses.has(kind)))
  for (let round = 0; !isEnough(round); round++) {
    const request = anything(random)
    if (random.chance(10)) await commitElsewhere(random, evenly ? [0, 1] : [0])
    if (!evenly && BY_REVISION.test(request.url)) continue
    const [a, b] = [await one.asks(request), await other.asks(request)]
    if (a.text !== b.text) {
      const where = [...a.text].findIndex((char, i) => char !== b.text[i])
      const around = ({ text }: typeof a) => text.slice(Math.max(0, where - 150), where + 150)
      t.equal(around(a), around(b), `round ${round}: ${JSON.stringify(request)}`)
      return
    }
    const kind = `${request.method} ${Math.floor(a.status / 100)}xx`
    statuses.set(kind, (statuses.get(kind) ?? 0) + 1)
  }
  t.comment(
    [...statuses]
      .sort()
      .map(([kind, count]) => `${kind}: ${count}`)
      .join(', '),
  )
  for (const kind of KINDS) t.ok(statuses.has(kind), `there was ${kind}`)
  t.equal(await one.told(), await other.told(), 'and the streams say the same')
}

for (const policy of Object.keys(POLICIES) as PolicyName[]) {
  const who = `who sees ${policy}`
  t.test(`${who} cannot tell one neighbour from another (seed ${SEED})`, (t) => compare(t, policy, true))
  t.test(`${who} cannot tell how often they change, but for revision numbers (seed ${SEED})`, (t) =>
    compare(t, policy, false),
  )
}
