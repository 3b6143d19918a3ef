/**
 * RESTCONF (RFC 8040) and YANG Patch (RFC 8072) by the letter: each row of the tables in cases/ is sent to a server that
 * listens; status, headers, body and what it did to the datastore are compared. What is refused is refused in both
 * encodings, and all data that the server answered must be valid to yanglint.
 */
import t, { type Test } from 'tap'
import { resources } from './cases/rfc8040-3.js'
import { methods } from './cases/rfc8040-4.js'
import { encoding } from './cases/rfc8040-5-7.js'
import { queries } from './cases/rfc8040-query.js'
import { yangPatch } from './cases/rfc8072.js'
import { type Row, SEND_JSON, SEND_XML, XML, XML_DATA } from './cases/suite.js'
import { type Answer, listening } from './server.js'
import { Documents } from './yanglint.js'

const sections = [...resources, ...methods, ...queries, ...encoding, ...yangPatch]

t.test('a server that listens', async (t) => {
  const { send, changes } = await listening(t)
  const documents = new Documents()

  const ask = (row: Row, more = {}) => {
    const [method = '', ...url] = row.request.split(' ')
    const { body } = row
    const text =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const type = text === undefined ? {} : String(text).trimStart().startsWith('<') ? SEND_XML : SEND_JSON
    return send(method, url.join(' '), { ...type, ...row.headers, ...more }, text)
  }

  for (const { rfc, section, rows } of sections)
    await t.test(`RFC ${rfc} s${section}`, async (t) => {
      for (const row of rows)
        await t.test(`${row.says}: ${row.request}`, async (t) => {
          const answer = await ask(row)
          compare(t, row, answer)
          t.same((await changes()).sort(), [...(row.changes ?? [])].sort(), 'the datastore')
          documents.add(row, answer)
        })

      for (const row of rows.filter(isRefusal))
        await t.test(`${row.says}, in XML: ${row.request}`, async (t) => {
          const answer = await ask(row, XML)
          t.equal(answer.status, row.status, answer.body)
          t.equal(answer.headers['content-type'], XML_DATA)
          t.match(
            answer.body,
            /^<errors xmlns="urn:ietf:params:xml:ns:yang:ietf-restconf"><error>.*<\/errors>$/s,
          )
          t.match(answer.body, `<error-tag>${row.tag}</error-tag>`)
          t.same(await changes(), [], 'the datastore')
        })

      for (const row of rows.filter(isReadable))
        await t.test(`${row.says}, in XML: ${row.request}`, async (t) => {
          const answer = await ask(row, XML)
          t.equal(answer.status, 200, answer.body)
          t.equal(answer.headers['content-type'], XML_DATA)
          documents.add(row, answer)
        })
    })

  await t.test('all data that was answered is valid to yanglint', (t) => documents.check(t))
})

/** Refused, with an error that the row looks into, whichever encoding is asked for. */
function isRefusal({ tag, headers = {}, request }: Row): boolean {
  return tag !== undefined && headers.accept === undefined && !request.startsWith('HEAD')
}

/** Data that is one instance, so that XML has it, too. */
function isReadable({ request, status, headers, is }: Row): boolean {
  if (!request.startsWith('GET /restconf/data') || status !== 200 || headers || typeof is !== 'object')
    return false
  return Object.values(is ?? {}).every((value) => !Array.isArray(value) || value.length === 1)
}

function compare(t: Test, row: Row, { status, headers, body }: Answer): void {
  t.equal(status, row.status, body)
  for (const [name, value] of Object.entries(row.answers ?? {}))
    if (value === null) t.notOk(name in headers, name)
    else t.match(headers[name] ?? '(absent)', value, name)
  if (typeof row.is === 'string') t.equal(body, row.is)
  else if (row.is !== undefined) t.same(JSON.parse(body), row.is)
  if (row.has) t.match(body, row.has)
  if (row.tag === undefined || row.request.startsWith('HEAD')) return
  if (headers['content-type'] === XML_DATA) {
    t.match(body, `<error-tag>${row.tag}</error-tag>`)
    return
  }
  const [entry, ...more] = JSON.parse(body)['ietf-restconf:errors'].error
  t.same(more, [])
  t.equal(entry['error-tag'], row.tag, body)
  t.ok(entry['error-message'])
  if (row.path !== undefined) t.equal(entry['error-path'], row.path)
}
