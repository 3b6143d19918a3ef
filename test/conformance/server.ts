// A config server that listens, with the suite's configuration, and requests to it through real sockets.
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Commit } from '../../src/config-server/publisher.js'
import { isDelete, keyAt, recordsIn } from '../../src/config-server/softwire-scan.js'
import type { TreeEdit } from '../../src/config-server/tree-diff.js'
import { formatIpv4 } from '../../src/schema/addresses.js'
import { formatInstanceIdentifier } from '../../src/schema/paths.js'
import { recordSize } from '../../src/schema/softwire-record.js'
import { build, state } from '../config-server/helper.js'
import { configuration } from './cases/suite.js'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export async function listening(t: Test) {
  const relay = await build(t, configuration)
  relay.dataplane.current = state
  const url = await relay.app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const { port } = relay.app.server.address() as AddressInfo

  const send = async (
    method: string,
    path: string,
    headers = {},
    body?: string | Buffer,
  ): Promise<Answer> => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers: { ...length, ...headers } })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const pieces: Buffer[] = []
    for await (const piece of answer) pieces.push(piece)
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: Buffer.concat(pieces).toString(),
    }
  }

  let heard: string[] = []
  relay.publisher.subscribe((commit) => heard.push(...changesOf(commit)))
  /** What was committed since the last time it was asked for; the datastore is as in the beginning again. */
  const changes = async (): Promise<string[]> => {
    const found = heard
    heard = []
    if (found.length > 0) await reset()
    heard = []
    return found
  }
  const reset = () =>
    relay.transactions.commit({
      edits: [{ operation: 'replace', target: { steps: [] }, value: configuration }],
      who: 'test',
      via: 'file',
      permit: 'everything',
    })
  return { ...relay, send, changes, url, port }
}

/** A commit, a line for each node and softwire that it changes. */
function changesOf({ tree, softwires }: Commit): string[] {
  const change = softwires?.change
  if (change && 'replace' in change)
    return [...tree.map(lineOf), `${change.replace.length / recordSize} softwires in all`]
  const records = change ? [...recordsIn(change.edits)] : []
  return [
    ...tree.map(lineOf),
    ...records.map((record) => {
      const { psid } = keyAt(record, 0)
      return `${isDelete(record) ? 'delete' : 'put'} ${formatIpv4(record, 0)},${psid}`
    }),
  ]
}

function lineOf({ operation, target, value }: TreeEdit): string {
  const path = formatInstanceIdentifier(target)
  const last = target.steps.at(-1)
  if (last?.node.userOrdered && last.keys.length === 0 && Array.isArray(value))
    return `order ${path} ${value.map((entry) => (entry as { name: string }).name).join(' ')}`
  return `${operation} ${path}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`
}
