// What can be asked over a WebSocket. Each does what a door of RESTCONF does, by the same means.
import type { Readable } from 'node:stream'
import { error, LwaftrError } from '../../errors.js'
import { wrapJson } from '../../schema/json.js'
import type { JsonObject } from '../../schema/json-types.js'
import { envelope, readInput } from '../../schema/operation.js'
import { formatInstanceIdentifier, parsePath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import type { Edit } from '../edit.js'
import { UPDATE } from '../feeds/feed.js'
import { checkFollow } from '../feeds/permission.js'
import { validate as validateOperation } from '../operations/validate.js'
import { parseRetrieval } from '../query.js'
import { read } from '../reading.js'
import { represent } from '../representation.js'
import { failedOutcome, statusJson } from '../routes/yang-patch.js'
import type { Services } from '../services.js'
import type { Session } from '../session.js'
import { isObject } from '../tree.js'
import { readEdits, readPatch } from '../yang-patch-body.js'
import type { Connection } from './connection.js'
import { CODES, Failure, type Method, type Methods } from './json-rpc.js'
import { getParams, subscribeParams, unsubscribeParams } from './parameters.js'

/** Through which door commits come, as history names them. */
const VIA = 'websocket'

/** Characters of an answer to `get`, which is one message. */
const LARGEST = 4 << 20

/** Subscriptions of one connection. */
const MOST = 256

/** `room`: how many subscriptions the server has room for yet. */
export function methodsFor(
  services: Services,
  session: Session,
  connection: Connection,
  room: () => number,
): Methods {
  return {
    subscribe: subscribe(services, session, connection, room),
    unsubscribe: (params) => {
      const { subscription } = unsubscribeParams(params)
      if (!connection.unsubscribe(subscription))
        throw error('bad-value', { name: 'subscription', problem: `there is no ${subscription}` })
      return '{}'
    },
    get: get(services),
    edit: edit(services, session),
    validate: validate(services, session),
  }
}

function subscribe(services: Services, session: Session, connection: Connection, room: () => number): Method {
  return (params) => {
    const { stream, since, epoch, filter, 'interval-ms': intervalMs } = subscribeParams(params)
    if (connection.subscriptions >= MOST)
      throw error('too-big', { what: 'the number of subscriptions', limit: `${MOST} of one connection` })
    if (room() <= 0) throw error('busy', { what: 'subscriptions' })
    checkFollow(services, session)
    if (services.streams.notificationOf(stream) !== UPDATE)
      throw error('bad-value', { name: 'stream', problem: `${stream} is told at /streams/${stream} only` })
    const view = services.streams.view({ stream, filter, intervalMs })
    const { id, revision } = connection.subscribe(
      view,
      since === undefined ? undefined : { revision: since, epoch },
    )
    return JSON.stringify({ subscription: id, revision, epoch: view.feed.epoch })
  }
}

function get(services: Services): Method {
  return async (params) => {
    const { path: text, ...rest } = getParams(params)
    const { schema, datastore } = services
    const path = parsePath(schema, text)
    const search = Object.entries(rest).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`)
    const found = read(services, path, parseRetrieval(schema, search.join('&'), path))
    const where = formatInstanceIdentifier(path)
    if (!found) throw error('not-found', { path: where }, { path: where })
    const revision = datastore.running.revision
    const value = await whole(represent(schema, path, found, 'json'))
    return `{"revision":"${revision}","value":${value}}`
  }
}

/** JSON may hold half of a character (a lone surrogate), which a URL cannot. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    throw error('bad-value', { name: 'params', problem: 'there is half a character of UTF-16 in it' })
  }
}

async function whole(body: string | Readable): Promise<string> {
  if (typeof body === 'string') return body
  let text = ''
  for await (const piece of body) {
    text += piece
    if (text.length > LARGEST)
      throw error('too-big', {
        what: 'the answer',
        limit: `${LARGEST >> 20} MiB; ask for less (limit, offset), or by HTTP`,
      })
  }
  return text
}

function edit({ transactions, datastore, ...services }: Services, session: Session): Method {
  return patched(services, async (edits) => {
    const commit = await transactions.commit({ edits, who: session.user, via: VIA })
    return { revision: String(commit?.revision ?? datastore.running.revision) }
  })
}

/** Does something with the edits of a yang-patch and answers its status, with what that gives. */
function patched(
  { schema }: { schema: Schema },
  act: (edits: readonly Edit[]) => Promise<JsonObject>,
): Method {
  return async (params) => {
    const { target, ...document } = isObject(params) ? params : {}
    // What the targets of the edits are below; without it the datastore.
    const path = typeof target === 'string' ? parsePath(schema, target) : { steps: [] }
    const patch = readPatch(schema, Buffer.from(JSON.stringify(document)), 'json')
    const { edits, refused } = readEdits(schema, path, patch.edits)
    try {
      if (refused) throw refused.problem
      const more = await act(edits)
      return JSON.stringify({ ...statusJson(patch.id, { done: [] }), ...more })
    } catch (problem) {
      if (!(problem instanceof LwaftrError)) throw problem
      const outcome = refused ? { done: [], failed: refused } : failedOutcome(edits, problem)
      throw new Failure(problem, CODES.refused, statusJson(patch.id, outcome))
    }
  }
}

/** What `edit` takes, tried without a trace; or the members of the input of the operation lwaftr:validate. */
function validate(services: Services, session: Session): Method {
  const tryPatch = patched(services, async (edits) => {
    await services.transactions.attempt({ edits, who: session.user, via: VIA })
    return {}
  })
  return async (params) => {
    if (isObject(params) && params['ietf-yang-patch:yang-patch'] !== undefined) return tryPatch(params)
    const rpc = services.schema.rpcs.get('lwaftr:validate')
    if (!rpc) throw new Error('the model has no rpc validate')
    services.access.checkExecute(session, rpc)
    const body = Buffer.from(JSON.stringify({ 'lwaftr:input': params ?? {} }))
    const output = await validateOperation(services, {
      input: readInput(services.schema, rpc, body, 'json'),
      session,
      via: VIA,
    })
    return JSON.stringify(wrapJson(envelope(rpc, 'output'), output ?? {}))
  }
}
