// RFC 8040 sections 5 and 7: encodings and errors; what RFC 7951 and RFC 7950 say of them.
import {
  AT,
  CONFIG,
  DATA,
  ENTRY,
  entry,
  JSON_DATA,
  MODEL,
  NACM,
  own,
  type Row,
  SEND_JSON,
  SEND_XML,
  type Section,
  SIDE,
  softwireAt,
  softwires,
  TABLE,
  XML,
  XML_DATA,
  xmlSoftwire,
} from './suite.js'

const accept = (says: string, value: string, type: string | null): Row =>
  type
    ? {
        says,
        request: `GET ${SIDE}/mtu`,
        headers: { accept: value },
        status: 200,
        answers: { 'content-type': type },
      }
    : {
        says,
        request: `GET ${SIDE}/mtu`,
        headers: { accept: value },
        status: 406,
        answers: { 'content-type': JSON_DATA },
        tag: 'invalid-value',
      }
const sent = (says: string, type: string, body: string, status = 415): Row => ({
  says,
  request: `PUT ${SIDE}/mtu`,
  headers: { 'content-type': type },
  body,
  status,
  ...(status === 415 ? { tag: 'invalid-value' } : { changes: [`replace ${AT}/external-interface/mtu 1400`] }),
})
const JSON_MTU = '{"snabb-softwire-v3:mtu":1400}'
const XML_MTU = `<mtu ${MODEL}>1400</mtu>`

const encodings: Section = {
  rfc: '8040',
  section: '5.2',
  rows: [
    accept('no preference', '*/*', JSON_DATA),
    accept('JSON', JSON_DATA, JSON_DATA),
    accept('XML', XML_DATA, XML_DATA),
    accept('plain JSON is called so', 'application/json', 'application/json'),
    accept('plain XML is called so', 'application/xml', 'application/xml'),
    accept('any of a family', 'application/*', JSON_DATA),
    accept('q-values: XML', `${JSON_DATA};q=0.5, ${XML_DATA}`, XML_DATA),
    accept('q-values: JSON', `${JSON_DATA};q=0.9, ${XML_DATA};q=0.8`, JSON_DATA),
    accept('what is specific decides', `*/*;q=1, ${JSON_DATA};q=0.1, application/json;q=0.1`, XML_DATA),
    accept('q=0 is no', `${JSON_DATA};q=0, ${XML_DATA}`, XML_DATA),
    accept(
      'q=0 of what a range has',
      `application/yang-data+json;q=0, application/json;q=0, application/*`,
      XML_DATA,
    ),
    accept('names have no case', 'Application/YANG-Data+XML', XML_DATA),
    accept('the rest of the list is for others', `text/html, ${XML_DATA}, image/*;q=0.8`, XML_DATA),
    accept('nothing that there is', 'text/html', null),
    accept('everything refused', '*/*;q=0', null),
    accept('another family', 'text/*', null),
    accept('an Accept that is none', 'nonsense', null),
    {
      says: 'who sends XML gets XML',
      request: `PUT ${SIDE}/mtu`,
      headers: { ...SEND_XML },
      body: `<mtu ${MODEL}>x</mtu>`,
      status: 400,
      answers: { 'content-type': XML_DATA },
      has: /^<errors/,
    },
    {
      says: 'unless it asks for JSON',
      request: `PUT ${SIDE}/mtu`,
      headers: { ...SEND_XML, accept: JSON_DATA },
      body: `<mtu ${MODEL}>x</mtu>`,
      status: 400,
      answers: { 'content-type': JSON_DATA },
      tag: 'invalid-value',
      path: `${AT}/external-interface/mtu`,
    },
    sent('JSON', JSON_DATA, JSON_MTU, 204),
    sent('XML', XML_DATA, XML_MTU, 204),
    sent('plain JSON', 'application/json', JSON_MTU, 204),
    sent('plain XML', 'application/xml', XML_MTU, 204),
    sent('a charset that is UTF-8', `${JSON_DATA}; charset=utf-8`, JSON_MTU, 204),
    sent('a charset in quotes', `${XML_DATA};charset="UTF-8"`, XML_MTU, 204),
    sent('another charset', `${JSON_DATA}; charset=iso-8859-1`, JSON_MTU),
    sent('another type', 'text/plain', JSON_MTU),
    sent('a form', 'application/x-www-form-urlencoded', 'mtu=1400'),
    sent('a type that is none', 'nonsense', JSON_MTU),
    {
      says: 'no type at all',
      request: `PUT ${SIDE}/mtu`,
      headers: { 'content-type': '' },
      body: JSON_MTU,
      status: 415,
      tag: 'invalid-value',
    },
    {
      says: 'a body that is compressed',
      request: `PUT ${SIDE}/mtu`,
      headers: { ...SEND_JSON, 'content-encoding': 'gzip' },
      body: JSON_MTU,
      status: 415,
      tag: 'invalid-value',
    },
    {
      says: 'an answer that cannot be read stops a YANG Patch',
      request: `PATCH ${SIDE}`,
      headers: { 'content-type': 'application/yang-patch+json', accept: 'text/html' },
      body: { 'ietf-yang-patch:yang-patch': { 'patch-id': '1' } },
      status: 406,
      tag: 'invalid-value',
    },
  ],
}

const bad = (says: string, body: unknown, tag: string, more: Partial<Row> = {}): Row => ({
  says,
  request: `PUT ${ENTRY}`,
  headers: SEND_JSON,
  body,
  status: 400,
  tag,
  ...more,
})
const mtu = (says: string, value: unknown): Row =>
  bad(says, own('mtu', value), 'invalid-value', {
    request: `PUT ${SIDE}/mtu`,
    path: `${AT}/external-interface/mtu`,
  })
const deep = (open: string, close: string) =>
  `{"snabb-softwire-v3:softwire":[${open.repeat(20000)}${close.repeat(20000)}]}`

const json: Section = {
  rfc: '7951',
  section: '4 to 6',
  rows: [
    bad('text that is no JSON', '{"snabb', 'malformed-message'),
    bad('JSON that is no object', '[1]', 'malformed-message'),
    bad('a number alone', '7', 'malformed-message'),
    bad(
      'a member given twice',
      '{"snabb-softwire-v3:softwire":[],"snabb-softwire-v3:softwire":[]}',
      'bad-element',
    ),
    bad(
      'a member given twice, further in',
      `{"snabb-softwire-v3:softwire":[{"ipv4":"193.5.1.100","psid":1,"psid":1}]}`,
      'bad-element',
    ),
    bad('bytes that are not UTF-8', Buffer.from('7b22ff223a317d', 'hex'), 'malformed-message'),
    bad('a name that the model lacks', softwires(entry(1, { x: 1 })), 'unknown-element', {
      path: softwireAt(1),
    }),
    bad('a name that objects have', softwires(entry(1, { constructor: 1 } as never)), 'unknown-element', {
      path: softwireAt(1),
    }),
    bad(
      'a name that is a trap',
      '{"snabb-softwire-v3:softwire":[{"ipv4":"193.5.1.100","psid":1,"__proto__":{"a":1}}]}',
      'unknown-element',
      { path: softwireAt(1) },
    ),
    bad('an annotation that is not known', softwires(entry(1, { '@psid': {} })), 'unknown-element'),
    bad('arrays nested too deep', deep('[', ']'), 'invalid-value'),
    bad('objects nested too deep', deep('{"a":[', ']}'), 'missing-element'),
    mtu('a number as a string', '1400'),
    mtu('a fraction', 1400.5),
    mtu('a number out of range', 65536),
    mtu('a negative one', -1),
    mtu('one of 400 digits', `@${'9'.repeat(400)}`.slice(1)),
    mtu('null', null),
    mtu('a truth', true),
    mtu('an array', [1400]),
    mtu('an object', {}),
    {
      says: 'a number beyond all doubles',
      request: `PUT ${SIDE}/mtu`,
      headers: SEND_JSON,
      body: '{"snabb-softwire-v3:mtu":1e999}',
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'a boolean as a string',
      request: `PUT ${SIDE}/allow-incoming-icmp`,
      body: own('allow-incoming-icmp', 'true'),
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'a container as an array',
      request: `PUT ${SIDE}`,
      body: own('external-interface', []),
      status: 400,
      tag: 'invalid-value',
    },
    { says: 'a list as an object', request: `POST ${TABLE}`, body: own('softwire', entry(3)), status: 400 },
    {
      says: 'an IPv6 address is made canonical',
      request: `PUT ${ENTRY}/b4-ipv6`,
      body: own('b4-ipv6', '2001:DB8:0:0::77'),
      status: 204,
      changes: ['put 193.5.1.100,1'],
    },
  ],
}

const badXml = (says: string, body: unknown, tag: string, more: Partial<Row> = {}): Row => ({
  says,
  request: `PUT ${SIDE}`,
  headers: { ...SEND_XML, accept: JSON_DATA },
  body,
  status: 400,
  tag,
  ...more,
})
const inside = (text: string) => `<external-interface ${MODEL}>${text}</external-interface>`
const changed = [`replace ${AT}/external-interface/mtu 1400`]

const xml: Section = {
  rfc: '7950',
  section: 'XML of 7.5.7, 7.6.6, 7.8.5 and 9',
  rows: [
    {
      says: 'a prefix does as well',
      request: `PUT ${SIDE}`,
      headers: SEND_XML,
      body: '<s:external-interface xmlns:s="snabb:softwire-v3"><s:mtu>1400</s:mtu></s:external-interface>',
      status: 204,
      changes: changed,
    },
    {
      says: 'a declaration, comments and blanks mean nothing',
      request: `PUT ${SIDE}`,
      headers: SEND_XML,
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<!-- x -->\n${inside('\n  <!-- y --><mtu> 1400 </mtu>\n')}\n`,
      status: 204,
      changes: changed,
    },
    {
      says: 'CDATA is text',
      request: `PUT ${SIDE}`,
      headers: SEND_XML,
      body: inside('<mtu><![CDATA[1400]]></mtu>'),
      status: 204,
      changes: changed,
    },
    {
      says: 'characters by number',
      request: `PUT ${SIDE}`,
      headers: SEND_XML,
      body: inside('<mtu>&#49;4&#x30;0</mtu>'),
      status: 204,
      changes: changed,
    },
    {
      says: 'another module’s node',
      request: `PUT ${SIDE}`,
      headers: SEND_XML,
      body: inside('<mtu>1500</mtu><tcp-mss-clamp xmlns="urn:lwaftr">1400</tcp-mss-clamp>'),
      status: 204,
      changes: [`create ${AT}/external-interface/lwaftr:tcp-mss-clamp 1400`],
    },
    {
      says: 'keys in any order',
      request: `PUT ${ENTRY}`,
      headers: SEND_XML,
      body: xmlSoftwire(1).replace(
        '<ipv4>193.5.1.100</ipv4><psid>1</psid>',
        '<psid>1</psid><ipv4>193.5.1.100</ipv4>',
      ),
      status: 204,
    },
    {
      says: 'names in values have prefixes',
      request: `PUT ${NACM}/rule-list=a/rule=three/path`,
      headers: SEND_XML,
      body: '<path xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:q="snabb:softwire-v3">/q:softwire-config/q:internal-interface</path>',
      status: 204,
      changes: [
        `replace /ietf-netconf-acm:nacm/rule-list[name='a']/rule[name='three']/path "/snabb-softwire-v3:softwire-config/internal-interface"`,
      ],
    },
    {
      says: 'and are written with prefixes that are declared',
      request: `GET ${NACM}/rule-list=a/rule=three/path`,
      headers: XML,
      status: 200,
      is: '<path xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:snabb-softwire-v3="snabb:softwire-v3">/snabb-softwire-v3:softwire-config/snabb-softwire-v3:binding-table</path>',
    },
    badXml('text that is no XML', '<external-interface', 'malformed-message'),
    badXml('text before the element', `x${inside('')}`, 'malformed-message'),
    badXml('an end tag that does not fit', `<external-interface ${MODEL}></mtu>`, 'malformed-message'),
    badXml('a prefix that is not declared', '<s:external-interface/>', 'malformed-message'),
    badXml(
      'a document type',
      `<!DOCTYPE x [<!ENTITY y "z">]>${inside('<ingress-filter>&y;</ingress-filter>')}`,
      'malformed-message',
    ),
    badXml('an entity that is not there', inside('<mtu>&y;</mtu>'), 'malformed-message'),
    badXml('a NUL', inside('<ingress-filter>&#0;</ingress-filter>'), 'malformed-message'),
    badXml(
      'another encoding',
      `<?xml version="1.0" encoding="ISO-8859-1"?>${inside('')}`,
      'malformed-message',
    ),
    badXml(
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`<external-interface ${MODEL}><mtu>`), Buffer.of(0xff)]),
      'malformed-message',
    ),
    badXml('nested too deep', '<a>'.repeat(20000), 'malformed-message'),
    badXml('no namespace', '<external-interface><mtu>1400</mtu></external-interface>', 'unknown-namespace'),
    badXml('a namespace of nobody', '<external-interface xmlns="urn:x"/>', 'unknown-namespace'),
    badXml('an element that the model lacks', inside('<nonsense/>'), 'unknown-element', {
      path: `${AT}/external-interface`,
    }),
    badXml('an attribute', inside('<mtu x="1">1400</mtu>'), 'unknown-attribute'),
    badXml('a leaf twice', inside('<mtu>1400</mtu><mtu>1400</mtu>'), 'bad-element', {
      path: `${AT}/external-interface/mtu`,
    }),
    badXml('elements in a leaf', inside('<mtu><mtu>1</mtu></mtu>'), 'invalid-value'),
    badXml('text in a container', inside('1400'), 'invalid-value'),
    badXml('a value of the wrong type', inside('<mtu>x</mtu>'), 'invalid-value', {
      path: `${AT}/external-interface/mtu`,
    }),
    badXml('a hexadecimal number', inside('<mtu>0x10</mtu>'), 'invalid-value'),
    badXml('an empty number', inside('<mtu/>'), 'invalid-value'),
    badXml(
      'a boolean in capitals',
      inside('<allow-incoming-icmp>TRUE</allow-incoming-icmp>'),
      'invalid-value',
    ),
    badXml('an entry without its key', `<softwire ${MODEL}><psid>1</psid></softwire>`, 'missing-element', {
      request: `PUT ${ENTRY}`,
    }),
    badXml('no element at all', '   ', 'malformed-message'),
  ],
}

const errors: Section = {
  rfc: '8040',
  section: '7.1',
  rows: [
    {
      says: 'errors are an array, in JSON',
      request: `GET ${CONFIG}/name`,
      status: 404,
      answers: { 'content-type': JSON_DATA },
      is: {
        'ietf-restconf:errors': {
          error: [
            {
              'error-type': 'application',
              'error-tag': 'invalid-value',
              'error-path': `${AT}/name`,
              'error-message': `${AT}/name does not exist`,
            },
          ],
        },
      },
    },
    {
      says: 'and elements, in XML; each name in a path has its prefix',
      request: `GET ${CONFIG}/name`,
      headers: XML,
      status: 404,
      answers: { 'content-type': XML_DATA },
      is: `<errors xmlns="urn:ietf:params:xml:ns:yang:ietf-restconf"><error><error-type>application</error-type><error-tag>invalid-value</error-tag><error-path xmlns:snabb-softwire-v3="snabb:softwire-v3">/snabb-softwire-v3:softwire-config/snabb-softwire-v3:name</error-path><error-message>/snabb-softwire-v3:softwire-config/name does not exist</error-message></error></errors>`,
    },
    {
      says: 'keys in a path have prefixes, too',
      request: `GET ${TABLE}/softwire=193.5.1.100,9`,
      headers: XML,
      status: 404,
      has: /<error-path xmlns:snabb-softwire-v3="snabb:softwire-v3">\/snabb-softwire-v3:softwire-config\/snabb-softwire-v3:binding-table\/snabb-softwire-v3:softwire\[snabb-softwire-v3:ipv4='193\.5\.1\.100'\]\[snabb-softwire-v3:psid='9'\]<\/error-path>/,
    },
    {
      says: 'error-app-tag of a must (RFC 7950 s15.6)',
      request: `PUT ${ENTRY}/port-set`,
      body: own('port-set', { 'psid-length': 10, 'reserved-ports-bit-count': 7 }),
      status: 412,
      has: /"error-app-tag":"must-violation"/,
    },
    {
      says: 'error-info says where',
      request: `PUT ${SIDE}`,
      headers: { ...SEND_XML, accept: XML_DATA },
      body: '<a>\n<b>\n</a>',
      status: 400,
      has: /<error-info><line xmlns="urn:lwaftr">3<\/line><column xmlns="urn:lwaftr">\d+<\/column><\/error-info>/,
    },
    {
      says: 'a URL’s path is no error-path',
      request: `GET ${CONFIG}/nonsense`,
      status: 400,
      has: /^(?!.*error-path).*$/s,
    },
    { says: 'what is not RESTCONF is not found', request: 'GET /nothing', status: 404, tag: 'invalid-value' },
    {
      says: 'in XML, too',
      request: 'GET /nothing',
      headers: XML,
      status: 404,
      answers: { 'content-type': XML_DATA },
      has: /^<errors/,
    },
    {
      says: 'a method of nobody: 501',
      request: `PROPFIND ${DATA}`,
      status: 501,
      tag: 'operation-not-supported',
    },
    { says: 'TRACE is not allowed', request: `TRACE ${DATA}`, status: 405, tag: 'operation-not-supported' },
    {
      says: 'precondition failed: 412 operation-failed',
      request: `PUT ${SIDE}/mtu`,
      headers: { 'if-match': '"x"' },
      body: own('mtu', 1400),
      status: 412,
      tag: 'operation-failed',
      path: `${AT}/external-interface/mtu`,
    },
  ],
}

export const encoding: readonly Section[] = [encodings, json, xml, errors]
