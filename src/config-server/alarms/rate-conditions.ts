// Whether too much is dropped or fragmented: rates against the thresholds of the configuration.
import type { JsonObject } from '../../schema/json-types.js'
import { formatInstanceIdentifier, parseApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import type { Severity } from './alarm.js'
import type { Condition } from './conditions.js'
import { thresholds } from './control.js'
import { RATES, type RateName, rateOf, type Samples } from './rates.js'

/** Texts do not say how many there are now: each other number would be a change of the alarm. */
const PROBLEMS: Readonly<Record<RateName, { readonly severity: Severity; readonly what: string }>> = {
  'ingress-drops': {
    severity: 'major',
    what: 'are lost by the network card of DEVICE before the relay sees them: its queues do not keep up',
  },
  'bad-softwires': {
    severity: 'minor',
    what: 'on DEVICE belong to no softwire: B4s or the internet send what the binding table does not have',
  },
  fragmentation: {
    severity: 'warning',
    what: 'are fragments on DEVICE: look at the MTUs of the links, and at tcp-mss-clamp',
  },
  'filter-drops': { severity: 'warning', what: 'on DEVICE are refused by ingress and egress filters' },
}

export function rateConditions(
  schema: Schema,
  config: JsonObject,
  devices: readonly string[],
  samples: Samples,
): Condition[] {
  const limits = thresholds(schema, config)
  return devices.flatMap((device) => {
    const path = `snabb-softwire-v3:softwire-config/instance=${encodeURIComponent(device)}`
    const resource = formatInstanceIdentifier(parseApiPath(schema, path))
    return RATES.map((type) => ({
      type,
      resource,
      problem: rateProblem(type, device, limits[type], rateOf(samples, device, type)),
    }))
  })
}

/** Between the threshold and half of it what was told last stands, so that no rate near it flaps. */
function rateProblem(
  type: RateName,
  device: string,
  threshold: number,
  rate: number | null,
): Condition['problem'] {
  if (threshold === 0) return null
  if (rate === null || (rate <= threshold && rate > threshold / 2)) return 'unknown'
  if (rate <= threshold) return null
  const { severity, what } = PROBLEMS[type]
  return { severity, text: `more than ${threshold} packets a second ${what.replace('DEVICE', device)}` }
}
