// RFC 8040 section 3: the resources.
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
  QUEUE,
  RESTCONF_NS,
  RULES,
  type Section,
  SIDE,
  softwireAt,
  softwires,
  TABLE,
  XML,
  XML_DATA,
  xmlSoftwire,
} from './suite.js'

const XRD = 'application/xrd+xml'
const HOST_META = '/.well-known/host-meta'

const discovery: Section = {
  rfc: '8040',
  section: '3.1',
  rows: [
    {
      says: 'a client finds the root of the API by host-meta',
      request: `GET ${HOST_META}`,
      status: 200,
      answers: { 'content-type': XRD },
      has: /<Link rel=["']restconf["'] href=["']\/restconf["']\/>/,
    },
    {
      says: 'XRD when it is asked for',
      request: `GET ${HOST_META}`,
      headers: { accept: XRD },
      status: 200,
      answers: { 'content-type': XRD },
    },
    {
      says: 'JSON when it is asked for (RFC 6415 s3.1)',
      request: `GET ${HOST_META}`,
      headers: { accept: 'application/json' },
      status: 200,
      answers: { 'content-type': 'application/json' },
      is: { links: [{ rel: 'restconf', href: '/restconf' }] },
    },
    {
      says: 'host-meta.json is JSON (RFC 6415 s3)',
      request: `GET ${HOST_META}.json`,
      status: 200,
      answers: { 'content-type': 'application/json' },
      is: { links: [{ rel: 'restconf', href: '/restconf' }] },
    },
    {
      says: 'HEAD is possible',
      request: `HEAD ${HOST_META}`,
      status: 200,
      answers: { 'content-type': XRD },
      is: '',
    },
    {
      says: 'what the client prefers counts',
      request: `GET ${HOST_META}`,
      headers: { accept: `${XRD};q=0.5, application/json` },
      status: 200,
      answers: { 'content-type': 'application/json' },
    },
    {
      says: 'of nothing acceptable nothing is sent',
      request: `GET ${HOST_META}`,
      headers: { accept: 'text/html' },
      status: 406,
      tag: 'invalid-value',
    },
    {
      says: 'it cannot be changed',
      request: `DELETE ${HOST_META}`,
      status: 405,
      answers: { allow: /GET/ },
      tag: 'operation-not-supported',
    },
  ],
}

const api: Section = {
  rfc: '8040',
  section: '3.3',
  rows: [
    {
      says: 'the API resource has data, operations and yang-library-version',
      request: 'GET /restconf',
      status: 200,
      answers: { 'content-type': JSON_DATA },
      is: { 'ietf-restconf:restconf': { data: {}, operations: {}, 'yang-library-version': '2019-01-04' } },
    },
    {
      says: 'the same in XML',
      request: 'GET /restconf',
      headers: XML,
      status: 200,
      answers: { 'content-type': XML_DATA },
      is: `<restconf ${RESTCONF_NS}><data/><operations/><yang-library-version>2019-01-04</yang-library-version></restconf>`,
    },
    {
      says: 'HEAD has the headers of GET',
      request: 'HEAD /restconf',
      status: 200,
      answers: { 'content-type': JSON_DATA, 'content-length': /^\d+$/ },
      is: '',
    },
    {
      says: 'OPTIONS tells the methods',
      request: 'OPTIONS /restconf',
      status: 204,
      answers: { allow: /GET/ },
    },
    {
      says: 'it cannot be posted to',
      request: 'POST /restconf',
      body: {},
      status: 405,
      answers: { allow: /GET/ },
      tag: 'operation-not-supported',
    },
    {
      says: 'it cannot be deleted',
      request: 'DELETE /restconf',
      status: 405,
      tag: 'operation-not-supported',
    },
    {
      says: 'it takes no unknown parameters',
      request: 'GET /restconf?x=1',
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'what is not in it is not found',
      request: 'GET /restconf/nothing',
      status: 404,
      tag: 'invalid-value',
    },
  ],
}

const library: Section = {
  rfc: '8040',
  section: '3.3.3',
  rows: [
    {
      says: 'yang-library-version is a revision date',
      request: 'GET /restconf/yang-library-version',
      status: 200,
      is: { 'ietf-restconf:yang-library-version': '2019-01-04' },
    },
    {
      says: 'the same in XML',
      request: 'GET /restconf/yang-library-version',
      headers: XML,
      status: 200,
      is: `<yang-library-version ${RESTCONF_NS}>2019-01-04</yang-library-version>`,
    },
    {
      says: 'it is read only',
      request: 'PUT /restconf/yang-library-version',
      body: {},
      status: 405,
      tag: 'operation-not-supported',
    },
  ],
}

const operations: Section = {
  rfc: '8040',
  section: '3.3.2',
  rows: [
    {
      says: 'operations are listed as empty leafs',
      request: 'GET /restconf/operations',
      status: 200,
      has: /"lwaftr:validate":\[null\]/,
    },
    {
      says: 'the same in XML',
      request: 'GET /restconf/operations',
      headers: XML,
      status: 200,
      has: /<validate xmlns="urn:lwaftr"\/>/,
    },
    {
      says: 'one cannot be got',
      request: 'GET /restconf/operations/lwaftr:validate',
      status: 405,
      answers: { allow: /POST/ },
      tag: 'operation-not-supported',
    },
  ],
}

const datastore: Section = {
  rfc: '8040',
  section: '3.4',
  rows: [
    {
      says: 'the datastore is read as ietf-restconf:data',
      request: `GET ${DATA}?content=config&depth=1`,
      status: 200,
      is: { 'ietf-restconf:data': {} },
    },
    {
      says: 'in XML as data of RESTCONF',
      request: `GET ${DATA}?content=config&depth=1`,
      headers: XML,
      status: 200,
      is: `<data ${RESTCONF_NS}></data>`,
    },
    {
      says: 'it has the top-level nodes of all modules',
      request: `GET ${DATA}?content=config&depth=2`,
      status: 200,
      is: { 'ietf-restconf:data': { 'snabb-softwire-v3:softwire-config': {}, 'ietf-netconf-acm:nacm': {} } },
    },
    {
      says: 'in XML each with its namespace',
      request: `GET ${DATA}?content=config&depth=2`,
      headers: XML,
      status: 200,
      has: /<data [^>]*><softwire-config xmlns="snabb:softwire-v3"><\/softwire-config><nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><\/nacm><\/data>|<nacm [^>]*><\/nacm><softwire-config/,
    },
    {
      says: 'all of it, whatever it holds',
      request: `GET ${DATA}?content=config`,
      status: 200,
      has: /"binding-table":\{"softwire":\[\{"ipv4":"193\.5\.1\.100","psid":1,/,
    },
    {
      says: 'all of it in XML',
      request: `GET ${DATA}?content=config`,
      headers: XML,
      status: 200,
      has: /<binding-table><softwire><ipv4>193\.5\.1\.100<\/ipv4><psid>1<\/psid>/,
    },
    {
      says: 'it cannot be deleted',
      request: `DELETE ${DATA}`,
      status: 405,
      answers: { allow: 'GET, HEAD, OPTIONS, POST, PUT, PATCH' },
      tag: 'operation-not-supported',
    },
  ],
}

const validators: Section = {
  rfc: '8040',
  section: '3.4.1, 3.5.1, 3.5.2',
  rows: [
    {
      says: 'the datastore has an entity-tag and a time',
      request: `GET ${DATA}?depth=1`,
      status: 200,
      answers: { etag: /^"[^"]+"$/, 'last-modified': / GMT$/ },
    },
    {
      says: 'and so has each resource of configuration',
      request: `GET ${SIDE}`,
      status: 200,
      answers: { etag: /^"[^"]+"$/, 'last-modified': / GMT$/ },
    },
    {
      says: 'a single softwire, too',
      request: `GET ${ENTRY}`,
      status: 200,
      answers: { etag: /^"[^"]+"$/, 'last-modified': / GMT$/ },
    },
    {
      says: 'a leaf of one, too',
      request: `GET ${ENTRY}/b4-ipv6`,
      status: 200,
      answers: { etag: /^"[^"]+"$/ },
    },
    {
      says: 'state has none',
      request: `GET ${DATA}/snabb-softwire-v3:softwire-state`,
      status: 200,
      answers: { etag: null, 'last-modified': null },
    },
  ],
}

const identifiers: Section = {
  rfc: '8040',
  section: '3.5.3',
  rows: [
    {
      says: 'a container',
      request: `GET ${SIDE}`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    { says: 'a leaf', request: `GET ${SIDE}/mtu`, status: 200, is: own('mtu', 1500) },
    {
      says: 'a leaf in XML',
      request: `GET ${SIDE}/mtu`,
      headers: XML,
      status: 200,
      is: `<mtu ${MODEL}>1500</mtu>`,
    },
    {
      says: 'a list entry, by its keys in order',
      request: `GET ${ENTRY}`,
      status: 200,
      is: softwires(entry(1)),
    },
    { says: 'a list entry in XML', request: `GET ${ENTRY}`, headers: XML, status: 200, is: xmlSoftwire(1) },
    {
      says: 'what is in an entry',
      request: `GET ${ENTRY}/port-set/psid-length`,
      status: 200,
      is: own('psid-length', 6),
    },
    {
      says: 'what is in an entry in an entry',
      request: `GET ${QUEUE}/external-interface/ip`,
      status: 200,
      is: own('ip', '172.20.0.100'),
    },
    {
      says: 'a leaf-list entry is its value',
      request: `GET ${NACM}/groups/group=operators/user-name=alice`,
      status: 200,
      is: { 'ietf-netconf-acm:user-name': ['alice'] },
    },
    {
      says: 'a comma in a key is percent-encoded',
      request: `GET ${NACM}/groups/group=operators/user-name=bob%2C%20the%20builder`,
      status: 200,
      is: { 'ietf-netconf-acm:user-name': ['bob, the builder'] },
    },
    {
      says: 'so is a slash',
      request: `GET ${NACM}/rule-list=b%2Fc/name`,
      status: 200,
      is: { 'ietf-netconf-acm:name': 'b/c' },
    },
    {
      says: 'a comma that is not encoded is between keys',
      request: `GET ${NACM}/groups/group=operators/user-name=bob,%20the%20builder`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'what need not be encoded may be',
      request: `GET ${TABLE}/softwire=193%2E5%2e1.100,%31`,
      status: 200,
      is: softwires(entry(1)),
    },
    {
      says: 'names, too',
      request: `GET ${DATA}/snabb-softwire-v3%3Asoftwire-config/external-interface/mtu`,
      status: 200,
      is: own('mtu', 1500),
    },
    {
      says: 'a key that is not canonical means the same',
      request: `GET ${TABLE}/softwire=193.5.1.100,01`,
      status: 200,
      is: softwires(entry(1)),
    },
    {
      says: 'a top-level node needs its module',
      request: `GET ${DATA}/softwire-config`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'the module, not its prefix',
      request: `GET ${DATA}/softwire:softwire-config`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'a node of its parent’s module may have it, too',
      request: `GET ${CONFIG}/snabb-softwire-v3:external-interface/mtu`,
      status: 200,
      is: own('mtu', 1500),
    },
    {
      says: 'a node of another module must',
      request: `GET ${SIDE}/tcp-mss-clamp`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'and may then be absent',
      request: `GET ${SIDE}/lwaftr:tcp-mss-clamp`,
      status: 404,
      tag: 'invalid-value',
      path: `${AT}/external-interface/lwaftr:tcp-mss-clamp`,
    },
    {
      says: 'a node that its module does not have there',
      request: `GET ${SIDE}/lwaftr:mtu`,
      status: 400,
      tag: 'unknown-element',
    },
    {
      says: 'a module that is not there',
      request: `GET ${DATA}/nonsense:x`,
      status: 400,
      tag: 'unknown-namespace',
    },
    {
      says: 'a node that is not in the model',
      request: `GET ${CONFIG}/nonsense`,
      status: 400,
      tag: 'unknown-element',
    },
    {
      says: 'an entry that does not exist',
      request: `GET ${TABLE}/softwire=193.5.1.100,9`,
      status: 404,
      tag: 'invalid-value',
      path: softwireAt(9),
    },
    { says: 'too few keys', request: `GET ${TABLE}/softwire=193.5.1.100`, status: 400, tag: 'invalid-value' },
    {
      says: 'too many keys',
      request: `GET ${TABLE}/softwire=193.5.1.100,1,1`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'an empty key is a value of no characters',
      request: `GET ${NACM}/rule-list=`,
      status: 400,
      tag: 'invalid-value',
    },
    { says: 'which is no address', request: `GET ${TABLE}/softwire=,1`, status: 400, tag: 'invalid-value' },
    { says: 'but may be a device', request: `GET ${CONFIG}/instance=`, status: 404, tag: 'invalid-value' },
    {
      says: 'a key of the wrong type',
      request: `GET ${TABLE}/softwire=193.5.1.100,x`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'a key out of range',
      request: `GET ${TABLE}/softwire=193.5.1.100,65536`,
      status: 400,
      tag: 'invalid-value',
    },
    {
      says: 'a list that is passed through needs its keys',
      request: `GET ${CONFIG}/instance/queue=0`,
      status: 400,
      tag: 'invalid-value',
    },
    { says: 'a container has no keys', request: `GET ${TABLE}=1`, status: 400, tag: 'invalid-value' },
    { says: 'nothing is below a leaf', request: `GET ${SIDE}/mtu/mtu`, status: 400, tag: 'unknown-element' },
    {
      says: 'no empty segments',
      request: `GET ${CONFIG}//external-interface`,
      status: 400,
      tag: 'invalid-value',
    },
    { says: 'no slash at the end', request: `GET ${SIDE}/`, status: 400, tag: 'invalid-value' },
    {
      says: 'predicates are XPath, not api-path',
      request: `GET ${TABLE}/softwire[psid='1']`,
      status: 400,
      tag: 'invalid-value',
    },
    { says: 'no bad percent-encoding', request: `GET ${TABLE}/softwire=%zz,1`, status: 400 },
    { says: 'no bytes that are not UTF-8', request: `GET ${CONFIG}/instance=%ff`, status: 400 },
    { says: 'no NUL, which no YANG string has', request: `GET ${CONFIG}/instance=%00`, status: 404 },
  ],
}

const defaults: Section = {
  rfc: '8040',
  section: '3.5.4',
  rows: [
    {
      says: 'a leaf that has a default and was not set has its default',
      request: `GET ${SIDE}/mru`,
      status: 200,
      is: own('mru', 1460),
    },
    {
      says: 'the same in XML',
      request: `GET ${SIDE}/mru`,
      headers: XML,
      status: 200,
      is: `<mru ${MODEL}>1460</mru>`,
    },
    { says: 'in a softwire, too', request: `GET ${ENTRY}/padding`, status: 200, is: own('padding', 0) },
    {
      says: 'in a list, too',
      request: `GET ${RULES}/rule=one/module-name`,
      status: 200,
      is: { 'ietf-netconf-acm:module-name': '*' },
    },
    {
      says: 'a container is as the basic mode shows it',
      request: `GET ${SIDE}`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    {
      says: 'of an entry that is absent nothing is there',
      request: `GET ${TABLE}/softwire=193.5.1.100,9/padding`,
      status: 404,
      tag: 'invalid-value',
    },
    {
      says: 'a leaf without a default is absent',
      request: `GET ${CONFIG}/name`,
      status: 404,
      tag: 'invalid-value',
      path: `${AT}/name`,
    },
    {
      says: 'a default is not configuration that could be deleted',
      request: `DELETE ${SIDE}/mru`,
      status: 404,
      tag: 'invalid-value',
    },
  ],
}

export const resources: readonly Section[] = [
  discovery,
  api,
  library,
  operations,
  datastore,
  validators,
  identifiers,
  defaults,
]
