// Where the API is and what it is (RFC 8040 s3.1, s3.3, RFC 6415).
import type { FastifyInstance } from 'fastify'
import type { JsonValue } from '../../schema/json-types.js'
import { contentType, negotiate } from '../media-types.js'
import { resource, send } from '../resource.js'

const ROOT = '/restconf'
/** Revision of ietf-yang-library: RFC 8525's. */
const YANG_LIBRARY = '2019-01-04'

const XRD = 'application/xrd+xml'
const JRD = 'application/json'

export function discoveryRoutes(app: FastifyInstance): void {
  resource(app, '/.well-known/host-meta', {
    GET: (request, reply) => {
      const type = negotiate(request.headers.accept, [XRD, JRD])
      return send(reply, type, type === XRD ? hostMetaXrd : hostMetaJson)
    },
  })
  resource(app, '/.well-known/host-meta.json', { GET: (_, reply) => send(reply, JRD, hostMetaJson) })
  const json = (url: string, value: JsonValue) =>
    resource(app, url, {
      GET: (request, reply) => {
        negotiate(request.headers.accept, [contentType('json'), 'application/json'])
        return send(reply, contentType('json'), JSON.stringify(value))
      },
    })
  const root = { data: {}, operations: {}, 'yang-library-version': YANG_LIBRARY }
  json(ROOT, { 'ietf-restconf:restconf': root })
  json(`${ROOT}/`, { 'ietf-restconf:restconf': root })
  json(`${ROOT}/yang-library-version`, { 'ietf-restconf:yang-library-version': YANG_LIBRARY })
}

const hostMetaXrd = `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="restconf" href="${ROOT}"/>
</XRD>
`

const hostMetaJson = JSON.stringify({ links: [{ rel: 'restconf', href: ROOT }] })
