// The capture part of the addon (native/addon/capture_part.cc) as TypeScript sees it.

/** What a queue is to capture. */
export interface CaptureOrder {
  /** pflang, on frames without their 802.1Q tag; empty: all. */
  readonly filter: string
  /** Bits of native/core/capture.h: 1 in, 2 out, 4 drop, 8 passthru. */
  readonly where: number
  /** Only what is dropped with this counter, by its place in counters(); null: whatever it is. */
  readonly reason: number | null
  /** Bytes of each frame at most. */
  readonly snapLength: number
}

/** The leader's end of a queue's ring. */
export interface NativeCaptureRing {
  /** Records (capture-records.ts) of about `most` bytes in all; empty when there are none. */
  read(most: number): Buffer
  /** Packets that found no room. */
  lost(): number
  close(): void
}

export interface NativeCaptures {
  /** A new file of that many bytes, a power of two. Throws an Error with code ENOSPC or ENOMEM. */
  captureRing(path: string, size: number): NativeCaptureRing
}
