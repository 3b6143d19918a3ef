// What a case of the conformance suite is: a row that says what an RFC asks for, the request that shows it, and all that
// is to be seen: status, headers, body, and what it changes in the datastore.
import type { JsonObject } from '../../../src/schema/json-types.js'
import { minimal, softwire } from '../../config-server/helper.js'

export interface Row {
  /** What the RFC says, in a few words. */
  readonly says: string
  /** Method and URL. */
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is (XML where it begins as such), or what is to be JSON. */
  readonly body?: unknown
  readonly status: number
  /** Headers of the answer; null: there is none. */
  readonly answers?: Readonly<Record<string, string | RegExp | null>>
  /** The whole body: what JSON says, or text. */
  readonly is?: unknown
  readonly has?: RegExp
  /** error-tag of the one error that the body holds. */
  readonly tag?: string
  /** error-path of that error. */
  readonly path?: string
  /** What it does to the datastore, by lines of `changes`; absent: nothing. */
  readonly changes?: readonly string[]
}

export interface Section {
  readonly rfc: string
  readonly section: string
  readonly rows: readonly Row[]
}

/** Enough of everything: instances, softwires, settings, a list and lists below it that are ordered by the user. */
export const configuration: JsonObject = {
  ...minimal,
  'ietf-netconf-acm:nacm': {
    'enable-nacm': false,
    groups: { group: [{ name: 'operators', 'user-name': ['alice', 'bob, the builder'] }] },
    'rule-list': [
      {
        name: 'a',
        group: ['operators'],
        rule: [
          { name: 'one', action: 'permit' },
          { name: 'two', action: 'permit' },
          { name: 'three', action: 'deny', path: '/snabb-softwire-v3:softwire-config/binding-table' },
        ],
      },
      { name: 'b/c', group: ['operators'] },
      { name: 'd', group: ['operators'] },
    ],
  },
}

export const DATA = '/restconf/data'
export const CONFIG = `${DATA}/snabb-softwire-v3:softwire-config`
export const SIDE = `${CONFIG}/external-interface`
export const TABLE = `${CONFIG}/binding-table`
export const ENTRY = `${TABLE}/softwire=193.5.1.100,1`
export const QUEUE = `${CONFIG}/instance=eth0/queue=0`
export const NACM = `${DATA}/ietf-netconf-acm:nacm`
export const RULES = `${NACM}/rule-list=a`

export const JSON_DATA = 'application/yang-data+json'
export const XML_DATA = 'application/yang-data+xml'
export const XML = { accept: XML_DATA }
export const SEND_JSON = { 'content-type': JSON_DATA }
export const SEND_XML = { 'content-type': XML_DATA }

export const MODEL = 'xmlns="snabb:softwire-v3"'
export const RESTCONF_NS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-restconf"'
export const NACM_NS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"'

export const own = (name: string, value: unknown) => ({ [`snabb-softwire-v3:${name}`]: value })
export const entry = (psid: number, more: JsonObject = {}) => softwire('193.5.1.100', psid, more)
export const softwires = (...entries: unknown[]) => own('softwire', entries)
export const xmlSoftwire = (psid: number, more = '') =>
  `<softwire ${MODEL}><ipv4>193.5.1.100</ipv4><psid>${psid}</psid>${more}<br-address>2001:db8::1</br-address>` +
  `<b4-ipv6>2001:db8:b4::${(psid + 1).toString(16)}</b4-ipv6><port-set><psid-length>6</psid-length></port-set></softwire>`
/** Instance-identifiers, of JSON. */
export const AT = '/snabb-softwire-v3:softwire-config'
export const softwireAt = (psid: number) => `${AT}/binding-table/softwire[ipv4='193.5.1.100'][psid='${psid}']`
