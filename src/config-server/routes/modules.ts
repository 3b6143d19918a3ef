// The YANG text of the modules in force, submodules too (RFC 8040 s3.7, RFC 8525 `location`). It is libyang's print of
// what it has loaded: no file is named by a URL.
import type { FastifyInstance } from 'fastify'
import { error } from '../../errors.js'
import { yangSource } from '../../schema/library.js'
import { negotiate } from '../media-types.js'
import { pathOf, resource, send } from '../resource.js'
import { MODULES } from '../yang-library.js'

const YANG = 'application/yang'

export function moduleRoutes(app: FastifyInstance): void {
  resource(app, `${MODULES}/:file`, {
    GET: (request, reply) => {
      const path = pathOf(request)
      const type = negotiate(request.headers, [YANG])
      const module = /^([A-Za-z_][\w.-]*?(?:@\d{4}-\d\d-\d\d)?)\.yang$/.exec(path.slice(MODULES.length + 1))
      const text = module?.[1] === undefined ? null : yangSource(module[1])
      if (text === null) throw error('not-found', { path })
      reply.header('cache-control', 'no-cache')
      return request.method === 'HEAD' ? reply.type(type).send() : send(reply, type, text)
    },
  })
}
