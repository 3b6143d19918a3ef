// Which system calls are answered, once a worker is set up: its packet threads have a short list of those they make,
// the process as a whole a list of those it has no use for. A refused call fails with EPERM, and the kernel's audit log
// has it; where a call has an older form to fall back on, it fails with ENOSYS.
//
// EPERM rather than death: a C library that makes another call than the one we know costs an error, not the link.
#pragma once

namespace lwaftr {

// For the calling thread and the processes that it starts: no new io_uring. libuv, from Node 22 on, makes one when it
// starts, and could not go on when confine_process() takes it away. What the calling process has goes on. Once is
// enough. 0 or an errno.
int refuse_new_rings();
// For all threads of the process, now and later: no other programs, processes, debuggers, namespaces, mounts or
// modules; no signals to others and no connections; no file is made shorter, closed or opened to others. 0 or an errno.
int confine_process();
// For the calling thread, which has its devices: packets, memory, time, nothing else. It has no capabilities after
// this. 0 or an errno; built with ThreadSanitizer, which makes calls of its own, it does nothing.
int confine_packet_thread();

}  // namespace lwaftr
