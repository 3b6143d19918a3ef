// A disk that fails: edits are refused, by their reason, and lose nothing; once it is well again they are taken again.
import t from 'tap'
import { World } from '../cli/relay.js'
import { type Edit, send, softwireOf } from '../crash/storm.js'
import { Disk, DURABLE_WRITE, EVERYTHING, SYNC, WRITE } from './disk.js'

const API = '/restconf/data/snabb-softwire-v3:softwire-config'

const KINDS = [
  ['writes', WRITE],
  ['writes that are durable by themselves', DURABLE_WRITE],
  ['syncs', SYNC],
  ['everything', EVERYTHING],
] as const
const REFUSED =
  /answered 409: .*"error-tag":"resource-denied".*cannot store the configuration: Input\/output error; nothing has changed"/

t.test('edits that a failing disk cannot take are refused, and nothing is lost', async (t) => {
  const world = new World(t)
  const disk = new Disk(world.directory)
  t.teardown(() => disk.close())
  Object.assign(world.environment, disk.environment)
  const start = () => world.run('--state-dir', `${world.directory}/state`)
  let relay = await start()
  const config = async () => {
    const answer = await fetch(`${relay.url}${API}?content=config`)
    return { etag: answer.headers.get('etag'), body: await answer.text() }
  }
  let psid = 1
  for (const [what, kinds] of KINDS) {
    t.match(await send(relay.url, put(++psid)), { changed: true })
    const before = await config()
    disk.fail(kinds)
    for (const refused of [61, 62]) {
      t.match(await send(relay.url, put(refused)), REFUSED, what)
      t.same(await config(), before, 'nothing changed')
    }
    t.equal((await fetch(`${relay.url}/restconf/data/lwaftr:history`)).status, 200, 'the history can be read')
    disk.fail(0)
    t.match(await send(relay.url, put(++psid)), { changed: true }, 'a disk that is well again is used again')
  }
  const after = await config()
  t.match(after.body, new RegExp(`"psid":${psid}`))
  t.notMatch(after.body, /"psid":6[12]/)
  await relay.stop('SIGKILL')
  relay = await start()
  t.same(await config(), after, 'and by the next leader')
  t.match(await relay.stop(), { code: 0 })
})

function put(psid: number): Edit {
  const key = `193.5.1.100,${psid}`
  return {
    id: psid,
    method: 'PUT',
    path: `${API}/binding-table/softwire=${key}`,
    body: { 'snabb-softwire-v3:softwire': [softwireOf(key, psid)] },
    apply: (model) => model,
  }
}
