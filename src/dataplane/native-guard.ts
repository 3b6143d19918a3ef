// What keeps processes apart (native/addon/guard.cc) as TypeScript sees it. native.ts loads it.

/** Directories and files, with all that is in them. */
export interface OpenFiles {
  readonly readable: readonly string[]
  /** Directories whose files can be read and written, while none is made or removed. */
  readonly shared: readonly string[]
  /** These can also be read. */
  readonly writable: readonly string[]
}

export interface Peer {
  readonly pid: number
  readonly uid: number
}

export interface NativeGuard {
  /**
   * Takes away for good what a worker has no use for: files other than these (threads that it makes from now on), system
   * calls (all threads). Answers what this kernel cannot keep from it, and why.
   */
  confine(files: OpenFiles): string[]
  /**
   * Neither this thread nor a process that it starts gets a new io_uring, which confine() would have to take away from a
   * worker again. Null, or why not.
   */
  refuseNewRings(): string | null
  /**
   * A Unix socket of that path, for its owner only, on which nobody listens yet: the kernel says of it who does (see
   * peerCredentials). Its descriptor, to be closed; throws an Error with code where there is something already.
   */
  bindSocket(path: string): number
  /** Who has connected a Unix socket, or listens at its other end, as the kernel knows it; null when it is none. */
  peerCredentials(fd: number): Peer | null
}
