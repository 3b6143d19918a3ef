// A notice as the event of a stream: a notification of RFC 8040 s6.4, in JSON or in XML.
import { formatApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { escapeXml, writeXml } from '../../schema/xml.js'
import type { FeedEdit } from '../feeds/feed.js'
import type { Notice } from '../feeds/notice.js'
import type { View } from '../feeds/view.js'

export const ENCODINGS = ['json', 'xml'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** The text of one event. Followers who are up to date share it. */
export function encoder(schema: Schema, view: View, encoding: Encoding): (notice: Notice) => string {
  const body = encoding === 'json' ? json : (one: View, notice: Notice) => xml(schema, one, notice)
  const made = texts[encoding]
  return (notice) => {
    const text =
      made.get(notice) ??
      (view.feed.notificationOf
        ? modelled(schema, view, encoding, notice)
        : event(view, notice, body(view, notice)))
    made.set(notice, text)
    return text
  }
}

const texts: Record<Encoding, WeakMap<Notice, string>> = { json: new WeakMap(), xml: new WeakMap() }

/** What a client sends as Last-Event-ID when it comes again: for the configuration, its entity-tag without quotes. */
export function eventId(epoch: string, revision: string): string {
  return `${epoch}-${revision}`
}

/** An event without id leaves the client's last one as it is: half a content is nowhere to go on from. */
function event({ feed }: View, { revision, mark }: Notice, data: string): string {
  const partial = mark.synced === false
  return `${partial ? '' : `id: ${eventId(feed.epoch, revision)}\n`}data: ${data}\n\n`
}

function json({ feed }: View, { time, revision, json: edits, mark: { resync, synced } }: Notice): string {
  const marks = `${resync ? ',"resync":true' : ''}${synced ? ',"synced":true' : ''}`
  const names = `"stream":"${feed.name}","epoch":${JSON.stringify(feed.epoch)},"revision":"${revision}"`
  return `{"ietf-restconf:notification":{"eventTime":"${eventTime(time)}","lwaftr:update":{${names}${marks},"edits":${edits}}}}`
}

function xml(
  schema: Schema,
  { feed }: View,
  { time, revision, edits, mark: { resync, synced } }: Notice,
): string {
  const leaf = (name: string, value: string) => `<${name}>${escapeXml(value)}</${name}>`
  const marks = `${resync ? leaf('resync', 'true') : ''}${synced ? leaf('synced', 'true') : ''}`
  const names = leaf('stream', feed.name) + leaf('epoch', feed.epoch) + leaf('revision', revision)
  const each = edits.map(({ operation, target, value }: FeedEdit) => {
    const content =
      value === undefined ? '' : `<value>${[...writeXml(schema, target, { value })].join('')}</value>`
    return `<edits>${leaf('operation', operation)}${leaf('target', `/${formatApiPath(target)}`)}${content}</edits>`
  })
  return xmlEnvelope(eventTime(time), `<update xmlns="urn:lwaftr">${names}${marks}${each.join('')}</update>`)
}

/** An event for each edit. */
function modelled(schema: Schema, view: View, encoding: Encoding, notice: Notice): string {
  const time = eventTime(notice.time)
  const bodies = notice.edits.flatMap((edit) => {
    const told = view.feed.notificationOf?.(edit)
    if (!told) return []
    const { node, value } = told
    if (encoding === 'json')
      return JSON.stringify({
        'ietf-restconf:notification': { eventTime: time, [`${node.module}:${node.name}`]: value },
      })
    return xmlEnvelope(time, [...writeXml(schema, { steps: [{ node, keys: [] }] }, { value })].join(''))
  })
  return bodies.map((body) => event(view, notice, body)).join('')
}

function xmlEnvelope(time: string, content: string): string {
  // A line feed would end the line of an event's data; in a string it may stand as a reference.
  const text = content.replaceAll('\n', '&#10;').replaceAll('\r', '&#13;')
  return `<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>${time}</eventTime>${text}</notification>`
}

function eventTime(time: Date): string {
  return time.toISOString()
}
