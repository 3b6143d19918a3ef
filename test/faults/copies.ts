// What a client has of the configuration from before a fault: whatever became of the clock and the leader, it is not
// taken for what is there now.
import type { Test } from 'tap'

const CONFIG = '/restconf/data/snabb-softwire-v3:softwire-config?content=config'

export interface Copy {
  readonly etag: string
  /** Null where the server tells no date, or one that is too near to tell apart from later ones: dates have seconds. */
  readonly modified: string | null
}

export async function copyOf(url: string): Promise<Copy> {
  const { headers } = await ask(url, {})
  const modified = headers.get('last-modified')
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(modified ?? '')
  return { etag: headers.get('etag') ?? '', modified: age >= 1000 ? modified : null }
}

/** After something was changed. */
export async function checkCopy(
  t: Test,
  title: string,
  url: string,
  { etag, modified }: Copy,
): Promise<void> {
  t.equal((await ask(url, { 'if-none-match': etag })).status, 200, `${title}: its entity-tag is of the past`)
  if (modified === null) return
  const { status } = await ask(url, { 'if-modified-since': modified })
  t.equal(status, 200, `${title}: and so is its date`)
}

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  const answer = await fetch(url + CONFIG, { headers })
  await answer.arrayBuffer()
  return answer
}
