// RFC 8072: YANG Patch.
import {
  AT,
  CONFIG,
  DATA,
  ENTRY,
  entry,
  JSON_DATA,
  MODEL,
  own,
  type Row,
  RULES,
  type Section,
  SIDE,
  softwireAt,
  softwires,
  TABLE,
  XML_DATA,
  xmlSoftwire,
} from './suite.js'

const PATCH_JSON = { 'content-type': 'application/yang-patch+json' }
const PATCH_XML = { 'content-type': 'application/yang-patch+xml' }
const NS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-patch"'
const patch = (...edits: object[]) => ({
  'ietf-yang-patch:yang-patch': {
    'patch-id': 'p',
    edit: edits.map((edit, i) => ({ 'edit-id': `e${i + 1}`, ...edit })),
  },
})
const xmlPatch = (...edits: string[]) =>
  `<yang-patch ${NS}><patch-id>p</patch-id>${edits.map((edit, i) => `<edit><edit-id>e${i + 1}</edit-id>${edit}</edit>`).join('')}</yang-patch>`
const ok = { 'ietf-yang-patch:yang-patch-status': { 'patch-id': 'p', ok: [null] } }
const xmlOk = `<yang-patch-status ${NS}><patch-id>p</patch-id><ok/></yang-patch-status>`
const at = (psid: number) => `/softwire=193.5.1.100,${psid}`
const create = (psid: number) => ({ operation: 'create', target: at(psid), value: softwires(entry(psid)) })
const status = (...edits: unknown[]) => new RegExp(`"edit-status":\\{"edit":\\[${edits.join(',')}\\]\\}`)
const fine = (id: string) => `\\{"edit-id":"${id}","ok":\\[null\\]\\}`
const failed = (id: string, tag: string) =>
  `\\{"edit-id":"${id}","errors":\\{"error":\\[\\{[^[]*"error-tag":"${tag}".*\\}\\]\\}\\}`
const rule = (name: string) => ({ 'ietf-netconf-acm:rule': [{ name, action: 'permit' }] })
const order = (...names: string[]) => [
  `order /ietf-netconf-acm:nacm/rule-list[name='a']/rule ${names.join(' ')}`,
]

const done = (says: string, target: string, edits: object[], changes: string[]): Row => ({
  says,
  request: `PATCH ${target}`,
  headers: PATCH_JSON,
  body: patch(...edits),
  status: 200,
  answers: { 'content-type': JSON_DATA, etag: /"/ },
  is: ok,
  changes,
})
const doneXml = (says: string, target: string, edits: string[], changes: string[]): Row => ({
  says,
  request: `PATCH ${target}`,
  headers: PATCH_XML,
  body: xmlPatch(...edits),
  status: 200,
  answers: { 'content-type': XML_DATA },
  is: xmlOk,
  changes,
})
const refused = (says: string, target: string, edits: object[], code: number, has: RegExp): Row => ({
  says,
  request: `PATCH ${target}`,
  headers: PATCH_JSON,
  body: patch(...edits),
  status: code,
  answers: { 'content-type': JSON_DATA },
  has,
})
const noPatch = (
  says: string,
  body: unknown,
  tag: string,
  headers: Record<string, string> = PATCH_JSON,
): Row => ({
  says,
  request: `PATCH ${SIDE}`,
  headers: { ...headers, accept: JSON_DATA },
  body,
  status: 400,
  tag,
})

const edits: Section = {
  rfc: '8072',
  section: '2.2, 2.5',
  rows: [
    done('create', TABLE, [create(3)], ['put 193.5.1.100,3']),
    done(
      'merge',
      TABLE,
      [{ operation: 'merge', target: at(1), value: softwires({ ipv4: '193.5.1.100', psid: 1, padding: 9 }) }],
      ['put 193.5.1.100,1'],
    ),
    done(
      'replace',
      SIDE,
      [{ operation: 'replace', target: '/mtu', value: own('mtu', 1400) }],
      [`replace ${AT}/external-interface/mtu 1400`],
    ),
    done('delete', TABLE, [{ operation: 'delete', target: at(1) }], ['delete 193.5.1.100,1']),
    done('remove what is there', TABLE, [{ operation: 'remove', target: at(1) }], ['delete 193.5.1.100,1']),
    done('remove what is not there', TABLE, [{ operation: 'remove', target: at(9) }], []),
    done(
      'insert: last, unless said otherwise',
      RULES,
      [{ operation: 'insert', target: '/rule=new', value: rule('new') }],
      [`create /ietf-netconf-acm:nacm/rule-list[name='a']/rule[name='new'] {"name":"new","action":"permit"}`],
    ),
    done(
      'insert first',
      RULES,
      [{ operation: 'insert', target: '/rule=new', where: 'first', value: rule('new') }],
      order('new', 'one', 'two', 'three'),
    ),
    done(
      'insert before',
      RULES,
      [
        {
          operation: 'insert',
          target: '/rule=new',
          where: 'before',
          point: '/rule=three',
          value: rule('new'),
        },
      ],
      order('one', 'two', 'new', 'three'),
    ),
    done(
      'insert after',
      RULES,
      [{ operation: 'insert', target: '/rule=new', where: 'after', point: '/rule=one', value: rule('new') }],
      order('one', 'new', 'two', 'three'),
    ),
    done(
      'move first',
      RULES,
      [{ operation: 'move', target: '/rule=three', where: 'first' }],
      order('three', 'one', 'two'),
    ),
    done(
      'move: last, unless said otherwise',
      RULES,
      [{ operation: 'move', target: '/rule=one' }],
      order('two', 'three', 'one'),
    ),
    done(
      'move after',
      RULES,
      [{ operation: 'move', target: '/rule=one', where: 'after', point: '/rule=two' }],
      order('two', 'one', 'three'),
    ),
    done(
      'in order: an edit sees those before it',
      TABLE,
      [
        create(3),
        { operation: 'merge', target: at(3), value: softwires({ ipv4: '193.5.1.100', psid: 3, padding: 1 }) },
        { operation: 'delete', target: at(3) },
        create(4),
      ],
      ['put 193.5.1.100,4'],
    ),
    done(
      'all edits are one commit',
      DATA,
      [
        {
          operation: 'replace',
          target: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
          value: own('mtu', 1400),
        },
        { operation: 'delete', target: `/snabb-softwire-v3:softwire-config/binding-table${at(2)}` },
      ],
      [`replace ${AT}/external-interface/mtu 1400`, 'delete 193.5.1.100,2'],
    ),
    done(
      'the target / is the target of the request',
      SIDE,
      [{ operation: 'merge', target: '/', value: own('external-interface', { mru: 1400 }) }],
      [`create ${AT}/external-interface/mru 1400`],
    ),
    done('no edits are fine', SIDE, [], []),
    done('a comment is a comment', SIDE, [], []),
    doneXml(
      'create in XML',
      TABLE,
      [`<operation>create</operation><target>${at(3)}</target><value>${xmlSoftwire(3)}</value>`],
      ['put 193.5.1.100,3'],
    ),
    doneXml(
      'delete in XML',
      TABLE,
      [`<operation>delete</operation><target>${at(1)}</target>`],
      ['delete 193.5.1.100,1'],
    ),
    doneXml(
      'replace in XML',
      SIDE,
      [`<operation>replace</operation><target>/mtu</target><value><mtu ${MODEL}>1400</mtu></value>`],
      [`replace ${AT}/external-interface/mtu 1400`],
    ),
    doneXml(
      'the value may come before the target',
      SIDE,
      [`<value><mtu ${MODEL}>1400</mtu></value><target>/mtu</target><operation>replace</operation>`],
      [`replace ${AT}/external-interface/mtu 1400`],
    ),
    doneXml(
      'move in XML',
      RULES,
      [
        '<operation>move</operation><target>/rule=three</target><point>/rule=one</point><where>before</where>',
      ],
      order('three', 'one', 'two'),
    ),
    {
      says: 'the answer is in the client’s format',
      request: `PATCH ${TABLE}`,
      headers: { ...PATCH_JSON, accept: XML_DATA },
      body: patch(create(3)),
      status: 200,
      answers: { 'content-type': XML_DATA },
      is: xmlOk,
      changes: ['put 193.5.1.100,3'],
    },
    {
      says: 'whatever the request’s is',
      request: `PATCH ${TABLE}`,
      headers: { ...PATCH_XML, accept: JSON_DATA },
      body: xmlPatch(`<operation>delete</operation><target>${at(1)}</target>`),
      status: 200,
      answers: { 'content-type': JSON_DATA },
      is: ok,
      changes: ['delete 193.5.1.100,1'],
    },
  ],
}

const failures: Section = {
  rfc: '8072',
  section: '2.3, 2.4',
  rows: [
    refused(
      'one that fails is named, nothing is done',
      TABLE,
      [create(1)],
      409,
      status(failed('e1', 'data-exists')),
    ),
    refused(
      'those before it were in order',
      TABLE,
      [create(3), create(4), create(1), create(5)],
      409,
      status(fine('e1'), fine('e2'), failed('e3', 'data-exists')),
    ),
    refused(
      'delete of what is absent',
      TABLE,
      [{ operation: 'delete', target: at(9) }],
      409,
      status(failed('e1', 'data-missing')),
    ),
    refused(
      'move of what is absent',
      RULES,
      [{ operation: 'move', target: '/rule=none', where: 'first' }],
      409,
      status(failed('e1', 'data-missing')),
    ),
    refused(
      'insert of what is there',
      RULES,
      [{ operation: 'insert', target: '/rule=one', where: 'first', value: rule('one') }],
      409,
      status(failed('e1', 'data-exists')),
    ),
    refused(
      'a point that is absent',
      RULES,
      [{ operation: 'move', target: '/rule=one', where: 'after', point: '/rule=none' }],
      400,
      status(failed('e1', 'bad-attribute')),
    ),
    refused(
      'a point that is no entry of the list',
      RULES,
      [{ operation: 'move', target: '/rule=one', where: 'after', point: '/name' }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'move without a point',
      RULES,
      [{ operation: 'move', target: '/rule=one', where: 'after' }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'move in a list that is ordered by the system',
      TABLE,
      [{ operation: 'move', target: at(1), where: 'first' }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'where without a place',
      TABLE,
      [{ ...create(3), where: 'first' }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'an operation that is none',
      TABLE,
      [{ operation: 'copy', target: at(1) }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'an edit without operation',
      TABLE,
      [{ target: at(1) }],
      400,
      status(failed('e1', 'missing-element')),
    ),
    refused(
      'an edit without target',
      TABLE,
      [{ operation: 'delete' }],
      400,
      status(failed('e1', 'missing-element')),
    ),
    refused(
      'an edit without value',
      TABLE,
      [{ operation: 'create', target: at(3) }],
      400,
      status(failed('e1', 'missing-element')),
    ),
    refused(
      'a value too much',
      TABLE,
      [{ operation: 'delete', target: at(1), value: softwires(entry(1)) }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'a target that is no path from here',
      TABLE,
      [{ operation: 'delete', target: 'softwire' }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'a target that the model lacks',
      TABLE,
      [{ operation: 'delete', target: '/nonsense' }],
      400,
      status(failed('e1', 'unknown-element')),
    ),
    refused(
      'a value of another node',
      TABLE,
      [{ operation: 'create', target: at(3), value: own('mtu', 1) }],
      400,
      status(failed('e1', 'unknown-element')),
    ),
    refused(
      'a value of other keys',
      TABLE,
      [{ operation: 'create', target: at(3), value: softwires(entry(4)) }],
      400,
      status(failed('e1', 'invalid-value')),
    ),
    refused(
      'what only all edits together break is nobody’s',
      CONFIG,
      [{ operation: 'delete', target: '/instance=eth0/queue=0/external-interface/ip' }],
      400,
      /:yang-patch-status":\{"patch-id":"p","errors":\{"error":\[/,
    ),
    {
      says: 'failures in XML',
      request: `PATCH ${TABLE}`,
      headers: PATCH_XML,
      body: xmlPatch(
        `<operation>delete</operation><target>${at(2)}</target>`,
        `<operation>create</operation><target>${at(1)}</target><value>${xmlSoftwire(1)}</value>`,
      ),
      status: 409,
      answers: { 'content-type': XML_DATA },
      has: /<edit-status><edit><edit-id>e1<\/edit-id><ok\/><\/edit><edit><edit-id>e2<\/edit-id><errors><error><error-type>application<\/error-type><error-tag>data-exists<\/error-tag><error-path xmlns:snabb-softwire-v3="snabb:softwire-v3">/,
    },
    noPatch('no patch at all', {}, 'malformed-message'),
    noPatch('no body', '', 'malformed-message'),
    noPatch('no patch-id', { 'ietf-yang-patch:yang-patch': { edit: [] } }, 'missing-element'),
    noPatch(
      'no edit-id',
      { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit: [{ operation: 'delete' }] } },
      'missing-element',
    ),
    noPatch(
      'an edit-id twice',
      patch(
        { 'edit-id': 'a', operation: 'remove', target: '/mtu' },
        { 'edit-id': 'a', operation: 'remove', target: '/mru' },
      ),
      'bad-element',
    ),
    noPatch(
      'a member that a patch has not',
      { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', x: '1' } },
      'unknown-element',
    ),
    noPatch(
      'a member that an edit has not',
      patch({ operation: 'remove', target: '/mtu', x: '1' }),
      'unknown-element',
    ),
    noPatch(
      'edits that are no list',
      { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit: {} } },
      'malformed-message',
    ),
    noPatch('an element that is no patch', '<patch/>', 'unknown-element', PATCH_XML),
    noPatch(
      'a patch of another namespace',
      '<yang-patch xmlns="urn:x"><patch-id>p</patch-id></yang-patch>',
      'unknown-element',
      PATCH_XML,
    ),
    noPatch(
      'XML without edit-id',
      `<yang-patch ${NS}><patch-id>p</patch-id><edit><operation>delete</operation></edit></yang-patch>`,
      'missing-element',
      PATCH_XML,
    ),
    noPatch('a document type', `<!DOCTYPE x>${xmlPatch()}`, 'malformed-message', PATCH_XML),
    {
      says: 'state has no patches',
      request: `PATCH ${DATA}/snabb-softwire-v3:softwire-state`,
      headers: PATCH_JSON,
      body: patch(),
      status: 405,
      tag: 'operation-not-supported',
    },
    {
      says: 'a condition that fails stops it',
      request: `PATCH ${ENTRY}`,
      headers: { ...PATCH_JSON, 'if-match': '"x"' },
      body: patch({ operation: 'delete', target: '/padding' }),
      status: 412,
      tag: 'operation-failed',
      path: softwireAt(1),
    },
  ],
}

export const yangPatch: readonly Section[] = [edits, failures]
