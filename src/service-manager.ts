// The service manager that started the relay, such as systemd, as sd_notify(3) has it: told when the relay is ready,
// reads its file again and stops, and asked to restart a relay that no longer answers. Nobody listens where
// NOTIFY_SOCKET is not set.

/** Sends a datagram to a socket. Why it could not, or null. */
export type Notify = (socket: string, message: string) => string | null

export class ServiceManager {
  #watchdog: NodeJS.Timeout | null = null

  private constructor(
    private readonly socket: string | undefined,
    /** Milliseconds of silence after which the relay is ended; undefined: never. */
    private readonly patience: number | undefined,
    private readonly notify: Notify,
    private readonly warn: (message: string) => void,
  ) {}

  /** Takes what is meant for this process out of `env`, so that no worker speaks for it. */
  static of(env: NodeJS.ProcessEnv, notify: Notify, warn: (message: string) => void): ServiceManager {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
    const ours = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid)
    const patience = Number(WATCHDOG_USEC) / 1000
    return new ServiceManager(NOTIFY_SOCKET, ours && patience > 0 ? patience : undefined, notify, warn)
  }

  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${status}`)
  }

  /** ready() ends it. */
  reloading(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
  }

  stopping(): void {
    if (this.#watchdog !== null) clearInterval(this.#watchdog)
    this.#tell('STOPPING=1')
  }

  /** From here on says that the relay lives whenever `lives` resolves, three times as often as is asked for. */
  watch(lives: () => Promise<void>): void {
    if (this.socket === undefined || this.patience === undefined) return
    let asking = false
    const look = async () => {
      if (asking) return
      asking = true
      try {
        await lives()
        this.#tell('WATCHDOG=1')
      } catch (problem) {
        this.warn(`the relay does not answer itself: ${problem instanceof Error ? problem.message : problem}`)
      }
      asking = false
    }
    this.#watchdog = setInterval(look, this.patience / 3).unref()
    void look()
  }

  #tell(message: string): void {
    if (this.socket === undefined) return
    const problem = this.notify(this.socket, message)
    if (problem !== null) this.warn(`cannot tell the service manager: ${problem}`)
  }
}
