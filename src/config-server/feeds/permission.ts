// Whether somebody may follow streams at all (RFC 8341 s3.4.6); what of their content he may see is for his view of them.
import { error } from '../../errors.js'
import type { Unbound } from '../services.js'
import type { Session } from '../session.js'
import { UPDATE } from './feed.js'

/** Throws LwaftrError 403. */
export function checkFollow(
  { schema, access }: Pick<Unbound, 'schema' | 'access'>,
  session: Session,
  notification = UPDATE,
): void {
  const update = schema.notifications.get(notification)
  if (!update) throw new Error(`the model has no notification ${notification}`)
  if (!access.mayReceive(session, update)) throw error('access-denied', {})
}
