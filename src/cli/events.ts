// A stream of a relay (docs/streams.md), from its whole content on, for ever: where the connection ends it begins again
// where it was.
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '../schema/json-types.js'
import type { Client } from './client.js'
import { describeFailure } from './failure.js'

/** Milliseconds between two attempts to reach the relay. */
const PATIENCE = 500

/** An update as a relay tells it. */
export interface WireUpdate {
  readonly resync?: boolean
  readonly edits: readonly {
    readonly operation: 'create' | 'replace' | 'delete'
    readonly target: string
    readonly value?: JsonObject
  }[]
}

/** `warn` is told once of each new obstacle. */
export async function* updates(
  connect: () => Promise<Client>,
  stream: string,
  warn: (problem: string) => void,
): AsyncIterable<WireUpdate> {
  // Of no life of any relay: the content comes first.
  let last = '-0'
  let obstacle = ''
  for (;;) {
    try {
      const client = await connect()
      const headers = { accept: 'text/event-stream', 'last-event-id': last }
      const response = await client.request('GET', { path: `/streams/${stream}/json`, headers })
      obstacle = ''
      for await (const line of createInterface({ input: response })) {
        if (line.startsWith('id: ')) last = line.slice('id: '.length)
        if (!line.startsWith('data: ')) continue
        const { 'lwaftr:update': update } = (JSON.parse(line.slice('data: '.length)) as Event)[
          'ietf-restconf:notification'
        ]
        if (update) yield update
      }
      throw new Error('the relay ended the stream')
    } catch (problem) {
      const said =
        problem instanceof Error && !('code' in problem) ? problem.message : describeFailure(problem)
      if (said !== obstacle) warn(said)
      obstacle = said
      await sleep(PATIENCE)
    }
  }
}

interface Event {
  readonly 'ietf-restconf:notification': { readonly 'lwaftr:update'?: WireUpdate }
}
