// Memory that nobody may touch now, as AddressSanitizer is told: what lies behind a frame in its buffer, and buffers
// in the pool. The heap knows only whole blocks, and all buffers are one. Without the sanitizer these do nothing.
#pragma once
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LWAFTR_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LWAFTR_ADDRESS_SANITIZER 1
#endif

#ifdef LWAFTR_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace lwaftr {

#ifdef LWAFTR_ADDRESS_SANITIZER
inline void poison(const void* memory, size_t length) { __asan_poison_memory_region(memory, length); }
inline void unpoison(const void* memory, size_t length) { __asan_unpoison_memory_region(memory, length); }
#else
inline void poison(const void*, size_t) {}
inline void unpoison(const void*, size_t) {}
#endif

}  // namespace lwaftr
