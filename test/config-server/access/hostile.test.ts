// Bodies that were made to hurt: each is refused, quickly, and nothing has changed.
import t from 'tap'
import { build, CONFIG } from '../helper.js'

const XML = 'application/yang-data+xml'
const JSON_TYPE = 'application/yang-data+json'
const NAMESPACE = 'xmlns="snabb:softwire-v3"'
const entity = `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><external-interface ${NAMESPACE}><ingress-filter>&b;</ingress-filter></external-interface>`
const laughs = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}">]><external-interface ${NAMESPACE}><ingress-filter>&c;</ingress-filter></external-interface>`
const deep = (open: string, close: string) => open.repeat(200_000) + close.repeat(200_000)

const bodies: readonly (readonly [string, string, Buffer])[] = [
  ['an external entity', XML, Buffer.from(entity)],
  [
    'an external entity in UTF-16, as the declaration says',
    XML,
    Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${entity}`, 'utf16le'),
  ],
  ['the same without a byte order mark', XML, Buffer.from(entity, 'utf16le')],
  ['big-endian', XML, Buffer.from(`\ufeff${entity}`, 'utf16le').swap16()],
  ['entities that grow', XML, Buffer.from(laughs)],
  ['elements within elements', XML, Buffer.from(deep('<a>', '</a>'))],
  ['arrays within arrays', JSON_TYPE, Buffer.from(deep('[', ']'))],
  ['objects within objects', JSON_TYPE, Buffer.from(deep('{"a":', '}'))],
  ['a prototype', JSON_TYPE, Buffer.from('{"__proto__":{"session":{"local":true}}}')],
  ['bytes that are no UTF-8', JSON_TYPE, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
]

for (const [what, type, payload] of bodies)
  t.test(what, async (t) => {
    const { app, datastore, send } = await build(t)
    const { revision } = datastore.running
    for (const [method, url] of [
      ['PUT', `${CONFIG}/external-interface`],
      ['PATCH', `${CONFIG}/external-interface`],
      ['POST', CONFIG],
    ] as const) {
      const answer = await app.inject({ method, url, payload, headers: { 'content-type': type } })
      t.equal(answer.statusCode, 400, `${method}: ${answer.body.slice(0, 200)}`)
      t.notMatch(answer.body, /root:|xxxx/)
    }
    t.equal(datastore.running.revision, revision)
    t.equal((await send('GET', CONFIG)).statusCode, 200, 'and the relay goes on')
  })
