// Reads over RESTCONF at a million softwires.
import { get } from 'node:http'
import { Connection, pipelined } from '../http.js'
import { input } from '../inputs.js'
import { type BenchRelay, TABLE, withRelay } from '../relay.js'
import { keyOf, pathOf } from '../softwires.js'
import type { Figure, Scale, Trial } from '../trial.js'

const DEPTH = 32
const ROUTES = '/restconf/data/lwaftr:routes'

export const reading: readonly Trial[] = [{ name: 'read', title: 'reads at 1M', run: measure }]

async function measure(scale: Scale): Promise<Figure[]> {
  const { conf } = await input(scale, 'million')
  return withRelay(conf, async (relay) => [
    await single(relay, scale),
    ...(await list(relay)),
    ...(await routes(relay, scale)),
  ])
}

async function single(relay: BenchRelay, scale: Scale): Promise<Figure> {
  const connection = await Connection.open(relay.url)
  const value = await pipelined(DEPTH, 3 * scale.seconds, (n) =>
    connection.request('GET', pathOf(keyOf(scale, n))),
  )
  connection.close()
  const note = `one connection, ${DEPTH} under way`
  return { what: 'GET of one softwire at 1M', value, unit: '/s', budget: { least: 10_000 }, note }
}

async function list(relay: BenchRelay): Promise<Figure[]> {
  const before = relay.memory()
  relay.forgetPeak()
  const begin = performance.now()
  const bytes = await download(`${relay.url}${TABLE}/softwire`)
  const seconds = (performance.now() - begin) / 1000
  const extra = Math.max(0, relay.peakMemory() - before)
  return [
    {
      what: 'the whole list streamed at 1M',
      value: bytes / 1e6 / seconds,
      unit: 'MB/s',
      budget: { least: 100 },
      note: `${(bytes / 1e6).toFixed(0)} MB of JSON`,
    },
    { what: 'the same: extra memory', value: extra, unit: 'MB', budget: { most: 100 } },
  ]
}

function download(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`))
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () => resolve(bytes))
      answer.on('error', reject)
    })
    request.on('error', reject)
  })
}

async function routes(relay: BenchRelay, scale: Scale): Promise<Figure[]> {
  const connection = await Connection.open(relay.url)
  const { status, head } = await connection.request('GET', ROUTES)
  const tag = /\r\netag: (\S+)/i.exec(head)?.[1]
  if (status !== 200 || tag === undefined) {
    connection.close()
    return []
  }
  const headers = { 'if-none-match': tag }
  const value = await pipelined(DEPTH, scale.seconds, () =>
    connection.request('GET', ROUTES, undefined, headers),
  )
  connection.close()
  return [{ what: 'routes poll, nothing changed', value, unit: '/s', budget: { least: 15_000 } }]
}
