// What can be known of an instance's devices before a worker is asked.
import { error } from '../errors.js'
import type { DataPlaneOptions } from './dataplane.js'
import { native } from './native.js'
import type { InstanceSettings } from './settings.js'

function devicesOf({ device, externalDevice }: InstanceSettings): string[] {
  return externalDevice === undefined ? [device] : [device, externalDevice]
}

/** `inUse` are the settings in force, if it is there already. Throws LwaftrError. */
export function checkDevices(
  settings: InstanceSettings,
  inUse: InstanceSettings | null,
  log: NonNullable<DataPlaneOptions['log']>,
): void {
  const known = inUse === null ? [] : devicesOf(inUse)
  const mtu = Math.max(
    0,
    ...settings.queues.map(({ internal, external }) => Math.max(internal.mtu, external.mtu)),
  )
  for (const device of devicesOf(settings)) {
    const info = native.interfaceInfo(device)
    // One in use may be away for a moment; its worker waits for it.
    if (info === null && !known.includes(device))
      throw error('device', { device, problem: 'there is no such network interface' })
    if (info !== null && info.mtu < mtu)
      log(
        'warn',
        `device ${device}: its MTU ${info.mtu} is below the configured ${mtu}; larger packets are lost`,
      )
  }
}
