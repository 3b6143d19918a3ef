// rpc capture: live traffic as a pcapng file, until the client has enough.
import type { Where } from '../../dataplane/capture.js'
import { captureStream } from '../capture/capture-stream.js'
import type { RpcHandler } from './operations.js'

export const capture: RpcHandler = async ({ dataplane, streams }, { input, session }) => {
  const filter = String(input.filter ?? '')
  const snapLength = Number(input['snap-length'])
  const captured = await dataplane.capture({
    who: session.user,
    filter,
    where: (input.where ?? []) as Where[],
    reason: input.reason === undefined ? undefined : String(input.reason),
    snapLength,
  })
  const limits = { count: Number(input.count), duration: Number(input.duration) * 1000 }
  const stream = captureStream(captured, { filter, snapLength }, limits)
  // It ends with the server, and when rights change, as whatever else is followed.
  stream.once(
    'close',
    streams.opened(() => stream.destroy()),
  )
  return stream
}
