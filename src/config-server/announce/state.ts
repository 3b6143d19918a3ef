// `lwaftr:routes`, and each queue's standing, among the operational state.
import type { DataPlane } from '../../dataplane/dataplane.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { StateProvider } from '../state-provider.js'
import { carriers } from './carriers.js'
import type { Routes } from './routes.js'

export function routesState(routes: Routes): StateProvider {
  return {
    roots: ['lwaftr:routes'],
    state: () => ({ 'lwaftr:routes': { revision: routes.revision, route: [...routes.all()] } }),
  }
}

export function announcementState(dataplane: DataPlane): StateProvider {
  return {
    roots: ['snabb-softwire-v3:softwire-config'],
    state({ config }) {
      const instances = new Map<string, JsonObject[]>()
      for (const { instance, queue, ipv4, ipv6 } of carriers(config, dataplane.state())) {
        const announcement = { ipv4: ipv4.standing, ipv6: ipv6.standing }
        const queues = instances.get(instance) ?? []
        instances.set(instance, [...queues, { id: queue, 'lwaftr:announcement': announcement }])
      }
      if (instances.size === 0) return {}
      const instance = [...instances].map(([device, queue]) => ({ device, queue }))
      return { 'snabb-softwire-v3:softwire-config': { instance } }
    },
  }
}
