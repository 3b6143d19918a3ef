// Memory for the bodies of requests, which are whole in memory until they are answered. All of them share one room; each
// may take half of what the others leave, so that there is always some for small ones.
import { Transform } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { error } from '../../errors.js'

/** `size` in bytes. */
export function shareBodyRoom(app: FastifyInstance, size: number): void {
  let held = 0
  app.addHook('preParsing', async (_request, reply, payload) => {
    let own = 0
    const counted = new Transform({
      transform(piece: Buffer, _encoding, done) {
        const others = held - own
        if (reply.raw.destroyed || own + piece.length > (size - others) / 2)
          return done(error('busy', { what: 'large bodies' }, { retryAfter: 1 }))
        own += piece.length
        held += piece.length
        // What Fastify holds against its bodyLimit.
        Object.assign(counted, { receivedEncodedLength: own })
        done(null, piece)
      },
    })
    reply.raw.once('close', () => {
      held -= own
      own = 0
      // What nobody has read is in the way of the next request.
      payload.unpipe(counted).resume()
    })
    payload.once('error', (problem) => counted.destroy(problem))
    return payload.pipe(counted)
  })
}
