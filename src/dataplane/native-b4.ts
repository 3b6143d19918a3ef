// The userspace lwB4 of the addon (native/addon/lwb4.cc) as TypeScript sees it. native.ts loads it.

export interface B4Options {
  /** TUN device: attached, or created when absent. */
  readonly tun: string
  /** Given to a created TUN. */
  readonly address?: string
  /** Of a created TUN. */
  readonly mtu: number
  readonly local: string
  readonly borderRelay: string
  /** Absent: packets pass without NAPT44. */
  readonly publicIpv4?: string
  readonly psid: number
  readonly psidLength: number
  readonly reservedPortsBitCount: number
}

export interface NativeB4 {
  /** Ports of its port set; 0 without NAPT44. */
  readonly ports: number
  stop(): void
}

export interface NativeB4s {
  /** Throws an Error with code when the TUN or the tunnel cannot be opened. */
  startB4(options: B4Options): NativeB4
}
