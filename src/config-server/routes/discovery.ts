// Where the API is and what it is (RFC 8040 s3.1, s3.3, RFC 6415).
import type { FastifyInstance } from 'fastify'
import type { JsonValue } from '../../schema/json-types.js'
import { RESTCONF } from '../../schema/xml.js'
import { acceptedMessage, negotiate } from '../media-types.js'
import { refuseParameters } from '../query.js'
import { queryOf, resource, send } from '../resource.js'

const ROOT = '/restconf'
/** Revision of ietf-yang-library: RFC 8525's. */
const YANG_LIBRARY = '2019-01-04'

const XRD = 'application/xrd+xml'
const JRD = 'application/json'

export function discoveryRoutes(app: FastifyInstance): void {
  resource(app, '/.well-known/host-meta', {
    GET: (request, reply) => {
      const type = negotiate(request.headers, [XRD, JRD])
      return send(reply.header('vary', 'accept'), type, type === XRD ? hostMetaXrd : hostMetaJson)
    },
  })
  resource(app, '/.well-known/host-meta.json', { GET: (_, reply) => send(reply, JRD, hostMetaJson) })
  for (const url of [ROOT, `${ROOT}/`]) message(app, url, 'restconf', apiJson, apiXml)
  message(app, `${ROOT}/yang-library-version`, 'yang-library-version', YANG_LIBRARY, YANG_LIBRARY)
}

/** A resource that never changes: the same in JSON and, what is in its element, in XML. */
function message(app: FastifyInstance, url: string, name: string, json: JsonValue, xml: string): void {
  const bodies = {
    json: JSON.stringify({ [`ietf-restconf:${name}`]: json }),
    xml: `<${name} xmlns="${RESTCONF}">${xml}</${name}>`,
  }
  resource(app, url, {
    GET: (request, reply) => {
      refuseParameters(queryOf(request))
      const { type, format } = acceptedMessage(request.headers)
      return send(reply.header('vary', 'accept').header('cache-control', 'no-cache'), type, bodies[format])
    },
  })
}

const apiJson = { data: {}, operations: {}, 'yang-library-version': YANG_LIBRARY }
const apiXml = `<data/><operations/><yang-library-version>${YANG_LIBRARY}</yang-library-version>`

const hostMetaXrd = `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="restconf" href="${ROOT}"/>
</XRD>
`

const hostMetaJson = JSON.stringify({ links: [{ rel: 'restconf', href: ROOT }] })
